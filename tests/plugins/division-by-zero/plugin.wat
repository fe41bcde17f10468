;; Divides by the number of rows that it did not get.
(func $finish (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
