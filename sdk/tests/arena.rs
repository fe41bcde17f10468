//! The arena over a native region: blocks never overlap, keep what is written, are aligned, and are used again.

#![allow(unsafe_code, reason = "an allocator is tried by calling it")]

use std::alloc::Layout;

use gtm_sdk::arena::Arena;
use proptest::prelude::*;

const CAPACITY: usize = 1 << 16;

#[repr(align(4096))]
struct Region([u8; CAPACITY]);

struct Tried {
    region: Box<Region>,
    arena: Arena,
}

impl Tried {
    fn new() -> Self {
        Tried {
            region: Box::new(Region([0; CAPACITY])),
            arena: Arena::EMPTY,
        }
    }

    fn start(&mut self) -> *mut u8 {
        self.region.0.as_mut_ptr()
    }

    fn allocate(&mut self, layout: Layout) -> Option<*mut u8> {
        let region = self.start();
        let address = unsafe { self.arena.allocate(region, CAPACITY, layout) };
        (!address.is_null()).then_some(address)
    }

    fn deallocate(&mut self, address: *mut u8, layout: Layout) {
        let region = self.start();
        unsafe { self.arena.deallocate(region, address, layout) }
    }

    fn reallocate(&mut self, address: *mut u8, layout: Layout, size: usize) -> Option<*mut u8> {
        let region = self.start();
        let moved = unsafe { self.arena.reallocate(region, CAPACITY, address, layout, size) };
        (!moved.is_null()).then_some(moved)
    }
}

#[derive(Debug, Clone)]
enum Call {
    Allocate(usize, u32),
    Free(usize),
    Resize(usize, usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let size = prop_oneof![0usize..64, 0usize..5_000];
    let call = prop_oneof![
        3 => (size.clone(), 0u32..8).prop_map(|(size, align)| Call::Allocate(size, align)),
        2 => any::<usize>().prop_map(Call::Free),
        2 => (any::<usize>(), size).prop_map(|(place, size)| Call::Resize(place, size)),
    ];
    prop::collection::vec(call, 1..200)
}

/// A block in use, filled with its own mark.
#[derive(Clone, Copy)]
struct Block {
    address: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Block {
    fn fill(&self) {
        unsafe { self.address.write_bytes(self.mark, self.layout.size()) }
    }

    fn intact(&self, size: usize) -> bool {
        unsafe { std::slice::from_raw_parts(self.address, size) }
            .iter()
            .all(|byte| *byte == self.mark)
    }
}

proptest! {
    #[test]
    fn blocks_in_use_keep_what_was_written(calls in calls()) {
        let mut tried = Tried::new();
        let mut blocks: Vec<Block> = Vec::new();
        for (number, call) in calls.into_iter().enumerate() {
            let mark = number as u8;
            match call {
                Call::Allocate(size, align) => {
                    let layout = Layout::from_size_align(size, 1 << align).unwrap();
                    if let Some(address) = tried.allocate(layout) {
                        prop_assert_eq!(address.addr() % layout.align(), 0);
                        let end = address.addr() + size;
                        prop_assert!(end <= tried.start().addr() + CAPACITY);
                        blocks.push(Block { address, layout, mark });
                        blocks[blocks.len() - 1].fill();
                    }
                }
                Call::Free(place) if !blocks.is_empty() => {
                    let block = blocks.swap_remove(place % blocks.len());
                    prop_assert!(block.intact(block.layout.size()));
                    tried.deallocate(block.address, block.layout);
                }
                Call::Resize(place, size) if !blocks.is_empty() => {
                    let place = place % blocks.len();
                    let block = blocks[place];
                    if let Some(address) = tried.reallocate(block.address, block.layout, size) {
                        let moved = Block { address, ..block };
                        prop_assert!(moved.intact(size.min(block.layout.size())));
                        let layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                        blocks[place] = Block { address, layout, mark };
                        blocks[place].fill();
                    }
                }
                Call::Free(_) | Call::Resize(..) => {}
            }
            for block in &blocks {
                prop_assert!(block.intact(block.layout.size()), "a block was written to by another");
            }
        }
    }
}

#[test]
fn batches_pushed_one_after_another_use_the_same_blocks() {
    let mut tried = Tried::new();
    let column = Layout::from_size_align(4_096, 8).unwrap();
    let batch = |tried: &mut Tried| -> Vec<*mut u8> { (0..6).map(|_| tried.allocate(column).unwrap()).collect() };
    let first = batch(&mut tried);
    let mut addresses = first.clone();
    for _ in 0..10_000 {
        addresses
            .into_iter()
            .for_each(|address| tried.deallocate(address, column));
        addresses = batch(&mut tried);
    }
    let (mut first, mut last) = (first, addresses);
    first.sort();
    last.sort();
    assert_eq!(first, last);
}

#[test]
fn the_last_block_grows_where_it_stands() {
    let mut tried = Tried::new();
    let layout = |size| Layout::from_size_align(size, 8).unwrap();
    let address = tried.allocate(layout(16)).unwrap();
    let mut size = 16;
    while size < CAPACITY {
        assert_eq!(tried.reallocate(address, layout(size), size * 2), Some(address));
        size *= 2;
    }
    assert_eq!(
        tried.reallocate(address, layout(size), size + 1),
        None,
        "the region is used up"
    );
}

#[test]
fn a_region_that_is_used_up_gives_nothing_rather_than_something_wrong() {
    let mut tried = Tried::new();
    assert!(
        tried
            .allocate(Layout::from_size_align(CAPACITY + 1, 1).unwrap())
            .is_none()
    );
    assert!(
        tried
            .allocate(Layout::from_size_align(usize::MAX / 2, 1).unwrap())
            .is_none()
    );
    assert!(tried.allocate(Layout::from_size_align(CAPACITY, 16).unwrap()).is_some());
    assert!(tried.allocate(Layout::from_size_align(1, 1).unwrap()).is_none());
}
