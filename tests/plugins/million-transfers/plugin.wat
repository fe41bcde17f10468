;; A million transfers, which is more than memory holds.
(func $finish (result i32) (i32.store offset=12 (i32.const 2560) (i32.const 1000000)) (i32.const 2560))
