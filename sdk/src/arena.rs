//! The allocator of a component: a fixed region that is part of its initial memory and never grows.
//!
//! A statement's sandbox is made for it and thrown away after it. Memory that never grows lets the host take such a sandbox
//! from a pool and give it back with no more than its touched pages to clear, which is what makes a fresh one cheap. Blocks
//! are sizes of powers of two, each with a list of free ones, so that a million rows pushed in batches reuse the blocks of the
//! first batch.

use std::alloc::Layout;
use std::ptr::null_mut;

/// Allocates from one region, given with each call and always the same. Offsets of free blocks are kept plus one, so that the
/// bookkeeping of an unused arena is all zeros and takes no room in the component.
#[derive(Debug)]
pub struct Arena {
    /// Offset of the first byte that was never given out, or is free up to the end.
    top: usize,
    /// For each power of two the latest free block, which holds the next in its first bytes; 0 for none.
    free: [usize; usize::BITS as usize],
}

/// Room for the link of a free block, and the alignment of every ordinary type.
const SMALLEST: usize = 16;

impl Arena {
    pub const EMPTY: Arena = Arena {
        top: 0,
        free: [0; usize::BITS as usize],
    };

    /// A block of at least the layout's size, or null when the region is used up.
    ///
    /// # Safety
    /// `region` points to `capacity` bytes that nothing else uses, aligned to 16, and is the same at every call on this arena.
    #[allow(unsafe_code, reason = "an allocator hands out raw memory")]
    pub unsafe fn allocate(&mut self, region: *mut u8, capacity: usize, layout: Layout) -> *mut u8 {
        let Some(block) = block_size(layout.size()) else {
            return null_mut();
        };
        let class = block.trailing_zeros() as usize;
        let reused = self.free[class];
        if reused != 0 {
            let address = region.wrapping_add(reused - 1);
            if address.addr().is_multiple_of(layout.align()) {
                // SAFETY: a free block lies in the region and begins with the offset of the next one, written by `deallocate`.
                self.free[class] = unsafe { address.cast::<usize>().read() };
                return address;
            }
        }
        let padding = region.addr().wrapping_add(self.top).wrapping_neg() & (layout.align().max(SMALLEST) - 1);
        let Some(end) = self.top.checked_add(padding).and_then(|start| start.checked_add(block)) else {
            return null_mut();
        };
        if end > capacity {
            return null_mut();
        }
        self.top = end;
        region.wrapping_add(end - block)
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// As for [`allocate`](Arena::allocate); `address` came from this arena for this layout and is not used again.
    #[allow(unsafe_code, reason = "an allocator hands out raw memory")]
    pub unsafe fn deallocate(&mut self, region: *mut u8, address: *mut u8, layout: Layout) {
        let Some(block) = block_size(layout.size()) else { return };
        let offset = address.addr() - region.addr();
        if offset + block == self.top {
            self.top = offset;
            return;
        }
        let class = block.trailing_zeros() as usize;
        // SAFETY: the block is at least 16 bytes, aligned to 16, and its owner has given it up.
        unsafe { address.cast::<usize>().write(self.free[class]) };
        self.free[class] = offset + 1;
    }

    /// Makes a block larger or smaller, in place where its power of two or the end of the used part allows it. Null when the
    /// region is used up; the block is then as it was.
    ///
    /// # Safety
    /// As for [`deallocate`](Arena::deallocate); when the answer is not null, only that address is used from then on.
    #[allow(unsafe_code, reason = "an allocator hands out raw memory")]
    pub unsafe fn reallocate(
        &mut self,
        region: *mut u8,
        capacity: usize,
        address: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        let (Some(old_block), Some(new_block)) = (block_size(layout.size()), block_size(new_size)) else {
            return null_mut();
        };
        if new_block == old_block {
            return address;
        }
        let offset = address.addr() - region.addr();
        if offset + old_block == self.top && offset.checked_add(new_block).is_some_and(|end| end <= capacity) {
            self.top = offset + new_block;
            return address;
        }
        // SAFETY: both blocks lie in the region, do not overlap, and hold at least the smaller size; the caller vouches for
        // the layout.
        unsafe {
            let moved = self.allocate(
                region,
                capacity,
                Layout::from_size_align_unchecked(new_size, layout.align()),
            );
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(address, layout.size().min(new_size));
                self.deallocate(region, address, layout);
            }
            moved
        }
    }
}

fn block_size(size: usize) -> Option<usize> {
    size.max(SMALLEST).checked_next_power_of_two()
}

#[cfg(target_arch = "wasm32")]
mod global {
    #![allow(unsafe_code, reason = "a global allocator is an unsafe trait over raw memory")]

    use std::alloc::{GlobalAlloc, Layout};
    use std::cell::UnsafeCell;

    use super::Arena;

    /// An arena with its region, as the allocator of the component.
    #[derive(Debug)]
    #[repr(C, align(16))]
    pub struct GlobalArena<const BYTES: usize> {
        region: UnsafeCell<[u8; BYTES]>,
        arena: UnsafeCell<Arena>,
    }

    // SAFETY: a component has one thread; admission refuses threads and atomics.
    unsafe impl<const BYTES: usize> Sync for GlobalArena<BYTES> {}

    impl<const BYTES: usize> GlobalArena<BYTES> {
        #[allow(clippy::new_without_default, reason = "a static needs a const function")]
        pub const fn new() -> Self {
            GlobalArena {
                region: UnsafeCell::new([0; BYTES]),
                arena: UnsafeCell::new(Arena::EMPTY),
            }
        }
    }

    // SAFETY: the arena gives out disjoint blocks of its own region, aligned as asked.
    unsafe impl<const BYTES: usize> GlobalAlloc for GlobalArena<BYTES> {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let address = unsafe { (*self.arena.get()).allocate(self.region.get().cast(), BYTES, layout) };
            if address.is_null() {
                crate::exhausted(BYTES, layout.size());
            }
            address
        }

        unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
            unsafe { (*self.arena.get()).deallocate(self.region.get().cast(), address, layout) }
        }

        unsafe fn realloc(&self, address: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
            let moved =
                unsafe { (*self.arena.get()).reallocate(self.region.get().cast(), BYTES, address, layout, new_size) };
            if moved.is_null() {
                crate::exhausted(BYTES, new_size);
            }
            moved
        }
    }
}

#[cfg(target_arch = "wasm32")]
pub use global::GlobalArena;
