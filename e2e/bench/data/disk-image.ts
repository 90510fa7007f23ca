import { spawn } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'

/**
 * A raw disk image with an ext4 in it, made from a folder without any right to mount (`mkfs.ext4 -d`). What is free in it are holes.
 *
 * @returns false where there is no mkfs.ext4
 * @throws Error when it fails
 */
export async function makeDiskImage(file: string, contents: string, bytes: number, signal: AbortSignal): Promise<boolean> {
  writeFileSync(file, '')
  truncateSync(file, bytes)
  // What it would choose at random, and what tells the day, is given: images of the same folder differ by its times alone.
  const id = '00000000-0000-4000-8000-000000000001'
  const args = ['-q', '-F', '-U', id, '-E', `hash_seed=${id},lazy_itable_init=0`, '-d', contents, file]
  const env = { ...process.env, E2FSPROGS_FAKE_TIME: '1767225600' }
  for (const program of ['mkfs.ext4', '/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4']) {
    const code = await endOf(program, args, env, signal)
    if (code === 0) return true
    if (code !== 'missing') throw new Error(`mkfs.ext4 ended with ${code}`)
  }
  return false
}

function endOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env, signal })
    child.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve('missing') : reject(error)))
    child.once('close', (code, endSignal) => resolve(code ?? endSignal ?? 'unknown'))
  })
}
