;; Cites a row that it was not given, beside one that it was.
(data (i32.const 2792) (i32 2 4096 2))
(data (i32.const 4096) (i64 102 999))
