;; Pays from a balance that it has not declared.
(data (i32.const 4096) "slush-fund")
(data (i32.const 2696) (i32 4096 10))
