import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { dataFolderAt, isDataFolderInUse, isOursToOpen, makeDataFolder } from './data-folder.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'holdfast-data-')))
})
afterEach(() => rmSync(folder, { recursive: true }))

const modeOf = (name: string) => (statSync(name).mode & 0o777).toString(8)

test('is closed to everybody else where the database runs as the hub’s own user', () => {
  const data = dataFolderAt(path.join(folder, 'a', 'b'))
  makeDataFolder(data, false)
  expect([data.root, data.runFolder, data.agentFolder].map(modeOf)).toEqual(['700', '700', '700'])
})

test('lets the database’s user pass and not look, whatever the umask is', () => {
  const before = process.umask(0o077)
  onTestFinished(() => void process.umask(before))
  const data = dataFolderAt(path.join(folder, 'a', 'b'))
  makeDataFolder(data, true)
  expect([path.join(folder, 'a'), data.root, data.runFolder, data.agentFolder].map(modeOf)).toEqual(['755', '711', '700', '700'])
})

test('opens an empty folder and one it made before, but not a folder with something else in it', () => {
  chmodSync(folder, 0o700)
  const data = dataFolderAt(folder)
  expect(isOursToOpen(data)).toBe(true)
  makeDataFolder(data, true)
  expect(modeOf(folder)).toBe('701')

  const foreign = path.join(folder, 'home')
  mkdirSync(foreign, { mode: 0o700 })
  writeFileSync(path.join(foreign, 'diary'), '')
  expect(isOursToOpen(dataFolderAt(foreign))).toBe(false)
  makeDataFolder(dataFolderAt(foreign), true)
  expect(modeOf(foreign)).toBe('700')
})

test('has one name, however it is reached', () => {
  mkdirSync(path.join(folder, 'real'))
  symlinkSync(path.join(folder, 'real'), path.join(folder, 'link'))
  expect(dataFolderAt(path.join(folder, 'link', 'new', 'deep')).root).toBe(path.join(folder, 'real', 'new', 'deep'))
})

test('counts as used once it holds a database or a vault', () => {
  const data = dataFolderAt(folder)
  makeDataFolder(data, false)
  expect(isDataFolderInUse(data)).toBe(false)
  mkdirSync(data.storeFolder)
  expect(isDataFolderInUse(data)).toBe(false)
  mkdirSync(path.join(data.storeFolder, 'vault'))
  expect(isDataFolderInUse(data)).toBe(true)
})

test('says what to do when a file is in its place', () => {
  writeFileSync(path.join(folder, 'file'), '')
  expect(() => makeDataFolder(dataFolderAt(path.join(folder, 'file', 'data')), false)).toThrow(
    expect.objectContaining({ code: 'settings.invalid', cure: expect.stringContaining('HOLDFAST_DATA') }),
  )
})
