;; A version that cannot be ordered.
(data (i32.const 1328) "1.0-x")
