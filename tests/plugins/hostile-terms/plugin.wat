;; Believes that terms always have a first byte.
(func $plan (param $terms i32) (param $length i32) (result i32)
  (if (i32.eqz (local.get $length)) (then unreachable))
  (i32.const 2048))
