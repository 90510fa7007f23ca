import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeDiskImage } from './disk-image.ts'
import { makeMaildir } from './maildir.ts'
import { makePhotos } from './photos.ts'
import { randomBytes } from './random-bytes.ts'
import { makeTinyFiles } from './tiny-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function makeTwice(make: (place: string) => void): string {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  for (const place of [one, two]) {
    mkdirSync(place)
    make(place)
  }
  expect(execFileSync('diff', ['-r', one, two]).toString()).toBe('')
  return one
}
const filesBelow = (place: string): string[] =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const compressedShare = (bytes: Uint8Array): number => zstdCompressSync(bytes).length / bytes.length

test('tiny files are 4 KiB each, a thousand to a folder, half compressible, no two alike, and the same every time', () => {
  const place = makeTwice((into) => makeTinyFiles(into, 1500))
  expect(readdirSync(place)).toEqual(['0000', '0001'])
  const files = filesBelow(place)
  expect(files).toHaveLength(2000)
  const sizes = files.map((file) => statSync(file).size)
  expect(Math.max(...sizes)).toBe(4096)
  expect(Math.min(...sizes)).toBeGreaterThan(3800)
  expect(sizes.filter((size) => size === 4096).length).toBeGreaterThan(1950)
  const contents = files.map((file) => readFileSync(file))
  expect(new Set(contents.map((bytes) => bytes.toString('base64'))).size).toBe(2000)
  expect(contents[0]!.toString()).toMatch(/^(?:[0-9a-f]{6,18} )+/)
  const share = compressedShare(contents[0]!)
  expect(share).toBeGreaterThan(0.4)
  expect(share).toBeLessThan(0.65)
})

test('a maildir has texts with headers, answers that quote, attachments of which some come again, and is the same every time', () => {
  const place = makeTwice((into) => makeMaildir(into, 600))
  const messages = filesBelow(place).map((file) => readFileSync(file, 'utf8'))
  expect(messages).toHaveLength(600)
  for (const part of ['cur', 'new', 'tmp', '.Sent/cur']) expect(statSync(join(place, part)).isDirectory()).toBe(true)
  for (const message of messages) expect(message).toMatch(/^Return-Path: <.+>\r\n[^]+\r\nMessage-ID: <.+>\r\n[^]+\r\n\r\n/)
  expect(messages.filter((message) => /\r\nIn-Reply-To: </.test(message) && /\r\n> /.test(message)).length).toBeGreaterThan(200)
  const attachments = messages.flatMap((message) => message.match(/(?:^[A-Za-z0-9+/]{76}\r\n){20,}/gm) ?? [])
  expect(attachments.length).toBeGreaterThan(40)
  expect(new Set(attachments).size).toBeLessThan(attachments.length)
})

test('photos have 2 to 8 MiB that nothing compresses, with a small sidecar each, and are the same every time', () => {
  const place = makeTwice((into) => makePhotos(into, 3))
  const files = filesBelow(place).toSorted()
  expect(files.map((file) => file.slice(place.length))).toEqual(
    [0, 1, 2].flatMap((n) => ['JPG', 'xmp'].map((ending) => `/2020/day-000/DSC_0000${n}.${ending}`)),
  )
  for (const photo of files.filter((file) => file.endsWith('.JPG'))) {
    const bytes = readFileSync(photo)
    expect(bytes.length).toBeGreaterThanOrEqual(2 * 2 ** 20)
    expect(bytes.length).toBeLessThan(8 * 2 ** 20)
    expect(compressedShare(bytes)).toBeGreaterThan(0.99)
  }
  for (const sidecar of files.filter((file) => file.endsWith('.xmp'))) expect(readFileSync(sidecar, 'utf8')).toContain('</x:xmpmeta>')
})

test('random bytes go on from call to call, and differ from seed to seed', () => {
  const [whole, parts] = [randomBytes(300), randomBytes(300)]
  expect(Buffer.concat([parts.next(10), parts.next(90)])).toEqual(whole.next(100))
  const beginnings = [1, 2, 256, 257, 300].map((seed) => randomBytes(seed).next(32).toString('hex'))
  expect(new Set(beginnings).size).toBe(beginnings.length)
})

const hasMkfs = ['mkfs.ext4', '/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4'].some((program) => spawnSync(program, ['-V']).status === 0)

// Without mkfs.ext4 (macOS, Windows, a bare container) the bench makes its image another way: there is no file system to look at.
describe.skipIf(!hasMkfs)('a disk image', () => {
  test('is of the size that was asked for, and its file system is whole and holds the folder', async () => {
    const contents = join(folder, 'contents')
    mkdirSync(join(contents, 'deep'), { recursive: true })
    makePhotos(join(contents, 'deep'), 1)
    const image = join(folder, 'disk.raw')
    expect(await makeDiskImage(image, contents, 64 * 2 ** 20, new AbortController().signal)).toBe(true)
    expect(statSync(image).size).toBe(64 * 2 ** 20)
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
    execFileSync('e2fsck', ['-fn', image], { env, stdio: 'pipe' })
    const listed = execFileSync('debugfs', ['-R', 'ls -p /deep/2020/day-000', image], { env, stdio: 'pipe' }).toString()
    expect(listed).toContain('DSC_00000.JPG')
  })

  test('that has no room for the folder is told', async () => {
    const contents = join(folder, 'contents')
    makePhotos(contents, 4)
    await expect(makeDiskImage(join(folder, 'disk.raw'), contents, 2 ** 20, new AbortController().signal)).rejects.toThrow(
      'mkfs.ext4 ended with',
    )
  })
})
