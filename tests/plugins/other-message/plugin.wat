;; A step with a sentence that is not in the descriptor.
(data (i32.const 2824) (i32 7))
