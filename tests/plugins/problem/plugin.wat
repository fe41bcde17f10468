;; Honest: it says itself that it cannot calculate.
(func $push (param i32) (result i32) (i32.const 3192))
