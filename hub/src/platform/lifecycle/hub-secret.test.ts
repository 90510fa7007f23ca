import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../logging/logger.ts'
import { loadHubSecret } from './hub-secret.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-secret-'))
  file = path.join(folder, 'secret')
})
afterEach(() => rmSync(folder, { recursive: true }))

const load = (isInUse = false) => loadHubSecret({ file, isInUse, log: silentLogger })

test('is made once with 32 bytes that only the hub may read, and is the same on every later start', () => {
  const first = load()
  expect(first).toHaveLength(32)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const text = readFileSync(file, 'utf8')
  expect(load(true)).toEqual(first)
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(readdirSync(folder)).toEqual(['secret'])
})

test('is another one in another folder', () => {
  const first = load()
  rmSync(file)
  expect(load()).not.toEqual(first)
})

test('is not made anew when it is gone although the hub was used', () => {
  expect(() => load(true)).toThrow(expect.objectContaining({ code: 'settings.invalid', cure: expect.stringContaining('HOLDFAST_SECRET') }))
  expect(readdirSync(folder)).toEqual([])
})

test('is neither replaced nor used when its file is damaged', () => {
  writeFileSync(file, 'c2hvcnQ\n')
  expect(() => load()).toThrow(expect.objectContaining({ code: 'settings.invalid' }))
  expect(readFileSync(file, 'utf8')).toBe('c2hvcnQ\n')
})

test('is closed to other users when its mode was loosened', () => {
  load()
  chmodSync(file, 0o644)
  load()
  expect(statSync(file).mode & 0o777).toBe(0o600)
})
