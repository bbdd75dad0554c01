;; Makes 5000 directories, each in the one before, which it opens: the path of the last has 10,000 bytes.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "d")
  (func (export "_start") (local $depth i32)
    (i32.store (i32.const 8) (i32.const 3))
    (loop $down
      (drop (call $path_create_directory (i32.load (i32.const 8)) (i32.const 16) (i32.const 1)))
      (drop (call $path_open (i32.load (i32.const 8)) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 2)
        (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8)))
      (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
      (br_if $down (i32.lt_u (local.get $depth) (i32.const 5000))))))
