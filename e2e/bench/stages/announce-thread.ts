/**
 * Loaded by `--import` into every thread of a process that is profiled: says which thread of the system this thread of Node is, which
 * no profile does. It does nothing else, so that what is profiled is the product.
 */
import { readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'

const folder = process.env['HOLDFAST_BENCH_PROFILES']
if (folder !== undefined) {
  // `4711/task/4712`: the calling thread's own.
  const systemThread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  writeFileSync(join(folder, `thread.${process.pid}.${threadId}.json`), JSON.stringify({ process: process.pid, threadId, systemThread }))
}
