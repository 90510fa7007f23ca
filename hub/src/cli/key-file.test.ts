import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { VaultId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepKeyFile, requireNoFile } from './key-file.ts'

let folder: string
let place: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-key-'))
  place = path.join(folder, 'key.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const key = {
  format: 'holdfast-key-1',
  vaultId: VaultId.parse('0199d9f0-7d1c-7e0a-8c62-6a3c1f0d2b11'),
  words: Array.from({ length: 24 }, () => 'abandon'),
} as const

test('a key is there, whole and for its owner alone, before it opens anything', async () => {
  const before = process.umask(0)
  try {
    const seen = await keepKeyFile(place, key, () => Promise.resolve([readFileSync(place, 'utf8'), statSync(place).mode & 0o777]))
    expect(seen).toEqual([`${JSON.stringify(key, null, 2)}\n`, 0o600])
  } finally {
    process.umask(before)
  }
  expect(JSON.parse(readFileSync(place, 'utf8'))).toEqual(key)
})

test('a key that opens nothing does not stay', async () => {
  await expect(keepKeyFile(place, key, () => Promise.reject(new Error('no slot')))).rejects.toThrow('no slot')
  expect(existsSync(place)).toBe(false)
})

test('nothing that is there is replaced, also not what a link leads to', async () => {
  writeFileSync(place, 'the only key')
  const link = path.join(folder, 'link.json')
  symlinkSync(path.join(folder, 'nowhere'), link)
  let wasAdded = false
  const add = () => Promise.resolve((wasAdded = true))
  for (const taken of [place, link]) await expect(keepKeyFile(taken, key, add)).rejects.toMatchObject({ code: 'command.invalid' })
  expect(() => requireNoFile(place)).toThrow('never replaced')
  expect([readFileSync(place, 'utf8'), existsSync(path.join(folder, 'nowhere')), wasAdded]).toEqual(['the only key', false, false])
})

test('where no file can be written no key is added', async () => {
  let wasAdded = false
  const add = () => Promise.resolve((wasAdded = true))
  await expect(keepKeyFile(path.join(folder, 'no', 'folder.json'), key, add)).rejects.toMatchObject({
    code: 'command.invalid',
    message: expect.stringContaining('ENOENT'),
  })
  expect(wasAdded).toBe(false)
})
