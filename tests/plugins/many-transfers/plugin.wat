;; More transfers than three rows can be worth.
(func $finish (result i32)
  (i32.store offset=8 (i32.const 2560) (i32.const 600000))
  (i32.store offset=12 (i32.const 2560) (i32.const 1004))
  (i32.const 2560))
