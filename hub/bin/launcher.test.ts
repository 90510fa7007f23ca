import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startLineProcess, type LineProcess } from '../src/platform/lifecycle/testing/line-process.ts'

/* Both launchers, in a project of their own whose program only tells what reaches it. */

// Real processes on a machine that may be busy with the other suites.
vi.setConfig({ testTimeout: 120_000 })
const here = path.dirname(fileURLToPath(import.meta.url))
const oldNode = '/usr/bin/node'
const oldNodeMajor = await majorOf(oldNode)
const program = `
const tell = (...words: unknown[]) => process.stdout.write(words.join(' ') + '\\n')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tell('got', signal))
process.on('disconnect', () => { tell('launcher gone'); process.exit(0) })
process.stdin.on('data', (line) => { const [word, value] = String(line).trim().split(' '); if (word === 'exit') process.exit(Number(value)); else process.kill(process.pid, word as NodeJS.Signals) })
tell(JSON.stringify({ version: process.versions.node, pid: process.pid, flags: process.execArgv, args: process.argv.slice(2) }))
`
let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'holdfast-launcher-')))
  mkdirSync(path.join(folder, 'src'))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(path.join(folder, 'src', 'main.ts'), program)
  cpSync(here, path.join(folder, 'bin'), { recursive: true })
  cpSync(path.join(here, '../../agent/bin/holdfast.js'), path.join(folder, 'bin', 'holdfast.js'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What the program says of itself. */
interface Hello {
  readonly version: string
  readonly pid: number
  readonly flags: string[]
  readonly args: string[]
}

async function launch(node: string, bin: string, args: string[] = []): Promise<Hello & { readonly launcher: LineProcess }> {
  const launcher = startLineProcess(node, [path.join(folder, 'bin', bin), ...args])
  onTestFinished(() => launcher.kill())
  return { ...(JSON.parse(await launcher.nextLine()) as Hello), launcher }
}

async function majorOf(node: string): Promise<number> {
  try {
    const asked = startLineProcess(node, ['-p', 'process.versions.node'])
    return Number((await asked.nextLine()).split('.')[0])
  } catch {
    return 0 // none on this machine
  }
}

test('the launchers of hub and agent differ in nothing but their program and the Node it needs', () => {
  const differing = (file: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !/^const (program|oldestNode|isSmall|nodeFlags|smallLibrary|usualLibrary|environment) = |^\/\/ /.test(line))
  expect(differing(path.join(here, '../../agent/bin/holdfast.js'))).toEqual(differing(path.join(here, 'holdfast-hub.js')))
})

describe('on a Node that is new enough', () => {
  test.runIf(process.platform !== 'win32')('the program takes the place of the launcher', async () => {
    const { launcher, version, pid, flags, args } = await launch(process.execPath, 'holdfast-hub.js', ['start', '--json'])
    expect([version, pid, args]).toEqual([process.versions.node, launcher.pid, ['start', '--json']])
    expect(flags).toEqual(['-C', '@holdfast/source'])
    launcher.say('exit 11')
    expect(await launcher.ended).toBe(11)
  })
})

describe.runIf(oldNodeMajor >= 20 && oldNodeMajor < 22)('on an old Node', () => {
  beforeAll(() => {
    const name = `node-${process.platform}-${process.arch}`
    mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
    symlinkSync(path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), path.join(folder, 'node_modules', name))
  })

  test.each(['holdfast-hub.js', 'holdfast.js'])('%s runs its program on the Node that npm brought and ends as it ends', async (bin) => {
    const { launcher, version, args } = await launch(oldNode, bin, ['a b', '--json'])
    expect(Number(version.split('.')[0])).toBeGreaterThanOrEqual(24)
    expect(args).toEqual(['a b', '--json'])
    launcher.say('exit 3')
    expect(await launcher.ended).toBe(3)
  })

  test('passes signals on, and dies of the signal its program died of', async () => {
    const { launcher } = await launch(oldNode, 'holdfast-hub.js')
    launcher.child.kill('SIGTERM')
    expect(await launcher.nextLine()).toBe('got SIGTERM')
    launcher.child.kill('SIGINT')
    expect(await launcher.nextLine()).toBe('got SIGINT')
    launcher.say('SIGKILL')
    expect(await launcher.ended).toBe('SIGKILL')
  })

  test('lets its program know when it is killed', async () => {
    const { launcher } = await launch(oldNode, 'holdfast-hub.js')
    launcher.child.kill('SIGKILL')
    expect(await launcher.nextLine()).toBe('launcher gone')
  })

  test('says what is missing where npm brought no Node', async () => {
    rmSync(path.join(folder, 'node_modules'), { recursive: true })
    const launcher = startLineProcess(oldNode, [path.join(folder, 'bin', 'holdfast-hub.js')])
    expect(await launcher.ended).toBe(1)
    expect(launcher.stderr()).toMatch(/needs Node 24\.0 or newer.*node-linux.*not installed/s)
  })
})
