;; Waits for another thread.
(func $wait (result i32) (i32.atomic.load (i32.const 0)))
