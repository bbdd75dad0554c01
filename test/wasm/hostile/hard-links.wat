;; Makes a file of 1 MB and 25 more names of it: 26 MB in all to be sent back.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link" (func $path_link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "f")
  (func (export "_start") (local $letter i32)
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 1)
      (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))
    (drop (call $fd_filestat_set_size (i32.load (i32.const 8)) (i64.const 1048576)))
    (local.set $letter (i32.const 65))
    (loop $next
      (i32.store8 (i32.const 20) (local.get $letter))
      (drop (call $path_link (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 3) (i32.const 20) (i32.const 1)))
      (local.set $letter (i32.add (local.get $letter) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $letter) (i32.const 90))))))
