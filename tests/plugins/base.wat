;; A sound plugin, small enough to read: it pays 1 % of the net amount, down to the penny. Records lie in memory as the canonical
;; ABI has them. Functions under a line `;;; name` can be replaced by a plugin that misbehaves.

(import "gtm:program/log@0.1.0" "write" (func $write (param i32 i32 i32)))
(import "gtm:program/panic@0.1.0" "report" (func $report (param i32 i32 i32 i32)))
(import "[export]gtm:program/calculation@0.1.0" "[resource-new]calculation" (func $new (param i32) (result i32)))

(memory (export "memory") 16)
(global $heap (mut i32) (i32.const 8192))
(global $sum (mut i64) (i64.const 0))
(global $period_end (mut i32) (i32.const 0))

;; id, title, vendor, version
(data (i32.const 1024) (i32 1280 11  1296 11  1312 4  1328 5))
;; kind 0: rebate; no columns needed but net-amount (1); no attributes
(data (i32.const 1056) (i8 0 0 0 0) (i32 1344 1  0 0  0 0))
;; balances, terms schema, no claims (72 bytes from 1100), messages, order-independent
(data (i32.const 1084) (i32 1440 2  1360 17))
(data (i32.const 1172) (i32 1216 1) (i8 1))
(data (i32.const 1440) (i32 3088 7  3088 7  1392 8) (i8 0 0 0 0)
                       (i32 3104 7  3104 7  1392 8) (i8 1 0 0 0))
(data (i32.const 1216) (i32 1408 3  1424 10))
(data (i32.const 1280) "acme/simple")
(data (i32.const 1296) "One percent")
(data (i32.const 1312) "Acme")
(data (i32.const 1328) "1.0.0")
(data (i32.const 1344) (i8 1))
(data (i32.const 1360) "{\"type\":\"object\"}")
(data (i32.const 1392) "currency")
(data (i32.const 1408) "due")
(data (i32.const 1424) "1 % of {0}")

;; a plan: kinds [sale, return], dates by transaction, own rows only, column net-amount, neither agreements nor inventory
(data (i32.const 2048) (i32 0  2240 2  0  0 0  1 0  1344 1  0 0  0 0  0 0  0 0))
(data (i32.const 2240) (i8 0 1))

;; an answer: one transfer, no milestones, one step
(data (i32.const 2560) (i32 0 0  2688 1  0 0  2816 1))
(data (i32.const 2688) (i32 3072 6  3088 7  3104 7) (i64 0) (i32 3120 3))
(data (i32.const 2816) (i32 3072 6  0  2880 1  0  1 0))
(data (i32.const 2880) (i32 0 0) (i64 0))
(data (i32.const 3072) "volume")
(data (i32.const 3088) "expense")
(data (i32.const 3104) "payable")
(data (i32.const 3120) "GBP")

;; a problem (code, message, no path, no row), as an error of `push` or `finish` at 3192
(data (i32.const 3192) (i8 1))
(data (i32.const 3200) (i32 3264 7  3280 24))
(data (i32.const 3264) "no-rate")
(data (i32.const 3280) "no tier has a rate above")

(func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
  (local $place i32)
  (local.set $place (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $place) (local.get $new)))
  (if (i32.gt_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))) (then unreachable))
  (local.get $place))

(func (export "gtm:program/descriptor@0.1.0#describe") (result i32) (call $describe))
(func (export "gtm:program/descriptor@0.1.0#plan-for") (param i32 i32) (result i32)
  (call $plan (local.get 0) (local.get 1)))
(func (export "gtm:program/eligibility@0.1.0#assess") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  ;; eligible, without reasons
  (i32.store8 (i32.const 2400) (i32.const 1))
  (i32.const 2392))
(func (export "gtm:program/calculation@0.1.0#[constructor]calculation") (param $context i32) (result i32)
  (call $construct (local.get $context))
  (call $new (i32.const 1)))
(func (export "gtm:program/calculation@0.1.0#[method]calculation.push") (param $arguments i32) (result i32)
  (global.set $heap (i32.const 8192))
  (call $push (i32.add (local.get $arguments) (i32.const 4))))
(func (export "gtm:program/calculation@0.1.0#[method]calculation.finish") (param i32) (result i32) (call $finish))

;;; describe
(func $describe (result i32) (i32.const 1024))

;;; plan
(func $plan (param $terms i32) (param $length i32) (result i32) (i32.const 2048))

;;; construct
(func $construct (param $context i32)
  (global.set $period_end (i32.load offset=64 (local.get $context))))

;;; push
(func $push (param $batch i32) (result i32)
  (local $amount i32) (local $end i32)
  (local.set $amount (i32.load offset=48 (local.get $batch)))
  (local.set $end (i32.add (local.get $amount) (i32.shl (i32.load offset=52 (local.get $batch)) (i32.const 3))))
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $amount) (local.get $end)))
      (global.set $sum (i64.add (global.get $sum) (i64.load (local.get $amount))))
      (local.set $amount (i32.add (local.get $amount) (i32.const 8)))
      (br $next)))
  (i32.const 0))

;;; finish
(func $finish (result i32)
  (local $due i64)
  (local.set $due (i64.mul (i64.div_s (global.get $sum) (i64.const 1000000)) (i64.const 10000)))
  (if (i64.eqz (local.get $due))
    (then (i32.store offset=12 (i32.const 2560) (i32.const 0)) (i32.store offset=28 (i32.const 2560) (i32.const 0))))
  (i64.store offset=24 (i32.const 2688) (local.get $due))
  (i32.store offset=40 (i32.const 2688) (global.get $period_end))
  (i64.store offset=32 (i32.const 2816) (local.get $due))
  (i64.store offset=8 (i32.const 2880) (global.get $sum))
  (call $write (i32.const 1) (i32.const 3072) (i32.const 6))
  (i32.const 2560))
