;; A rule with a name of 5,000 bytes.
(data (i32.const 2688) (i32 600000 5000))
