import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser'

/*
 * A rule that is not proved may match nothing. Each rule is shown one line that breaks it in an otherwise clean copy of the
 * rooms, and has to name the file with that line.
 */

interface RuleFile extends IFlattenedRuleSet {
  readonly forbidden: NonNullable<IFlattenedRuleSet['forbidden']>
  readonly options: ICruiseOptions
}
const load = createRequire(import.meta.url)
const ruleFiles = ['../.dependency-cruiser.cjs', '../.dependency-cruiser.folders.cjs'].map((file) => load(file) as RuleFile)
type Files = Readonly<Record<string, string>>

const engineDoors = [
  'archiver',
  'restorer',
  'walker',
  'source',
  'vault',
  'reader',
  'unlock',
  'browser',
  'store',
  'format',
  'maintenance',
  'bytes',
  'errors',
]
const packageJson = (name: string, exports?: object) =>
  JSON.stringify({ name, version: '0.1.0', type: 'module', ...(exports === undefined ? {} : { exports }) })

/** One small file per room, with every kind of import that is allowed. */
const cleanRooms: Files = {
  'tsconfig.json': '{}',
  'node_modules/zod/package.json': packageJson('zod', { '.': './index.js' }),
  'node_modules/zod/index.js': 'export const z = {}\n',
  'shared-types/package.json': packageJson('@holdfast/shared-types', { '.': { '@holdfast/source': './src/index.ts' } }),
  'shared-types/src/index.ts': "export * from './run.ts'\n",
  'shared-types/src/run.ts': "import { z } from 'zod'\nexport const Run = z\n",
  'engine/package.json': packageJson(
    '@holdfast/engine',
    Object.fromEntries(engineDoors.map((door) => [`./${door}`, { '@holdfast/source': `./src/${door}/index.ts` }])),
  ),
  'engine/src/errors/index.ts': 'export const engineErrors = 1\n',
  'engine/src/bytes/index.ts': 'export const hex = 1\n',
  'engine/src/chunker/index.ts': 'export const cut = 1\n',
  'engine/src/format/index.ts': "export { encodeTree } from './tree.ts'\n",
  'engine/src/format/tree.ts': "import { hex } from '../bytes/index.ts'\nexport const encodeTree = hex\n",
  'engine/src/reader/index.ts': "import { encodeTree } from '../format/index.ts'\nexport const readTree = encodeTree\n",
  'engine/src/unlock/index.ts': "import { readTree } from '../reader/index.ts'\nexport const unlock = readTree\n",
  'engine/src/browser/index.ts': "import { unlock } from '../unlock/index.ts'\nexport const browserPrimitives = unlock\n",
  'engine/src/store/index.ts': "import { readFile } from 'node:fs/promises'\nexport const openStore = readFile\n",
  'engine/src/source/index.ts': 'export const lister = 1\n',
  'engine/src/vault/index.ts':
    "import { seal } from './crypto/seal.ts'\nimport { readTree } from '../reader/index.ts'\nexport interface Vault { readonly id: string }\nexport const openVault = [seal, readTree]\n",
  'engine/src/vault/crypto/seal.ts': "import { hex } from '../../bytes/index.ts'\nexport const seal = hex\n",
  'engine/src/archiver/index.ts': "import type { Vault } from '../vault/index.ts'\nexport const archive = (vault: Vault) => vault.id\n",
  'engine/src/restorer/index.ts': 'export const restore = 1\n',
  'engine/src/walker/index.ts': 'export const walk = 1\n',
  'engine/src/maintenance/index.ts': "import { openVault } from '../vault/index.ts'\nexport const fsck = openVault\n",
  'hub/src/create-hub.ts': "import { features } from './wiring/features.ts'\nexport const createHub = () => features\n",
  'hub/src/wiring/features.ts': "import { runs } from '../features/runs/index.ts'\nexport const features = [runs]\n",
  'hub/src/config/config-schema.ts': 'export const port = 8420\n',
  'hub/src/platform/http/serve.ts': "import { port } from '../../config/config-schema.ts'\nexport const serve = port\n",
  'hub/src/features/agents/index.ts': "export { findAgent } from './find-agent.ts'\n",
  'hub/src/features/agents/find-agent.ts': 'export const findAgent = 1\n',
  'hub/src/features/runs/index.ts': "export { runs } from './start-run.ts'\n",
  'hub/src/features/runs/start-run.ts':
    "import { findAgent } from '../agents/index.ts'\nimport { serve } from '../../platform/http/serve.ts'\nimport { Run } from '@holdfast/shared-types'\nexport const runs = [findAgent, serve, Run]\n",
  'hub/src/features/vaults/index.ts': "import { openVault } from '@holdfast/engine/vault'\nexport const vaults = openVault\n",
  'agent/src/run-backup.ts': "import { archive } from '@holdfast/engine/archiver'\nexport const runBackup = archive\n",
  'web/src/platform/api/call.ts':
    "import { readTree } from '@holdfast/engine/reader'\nimport { browserPrimitives } from '@holdfast/engine/browser'\nexport const call = [readTree, browserPrimitives]\n",
  'web/src/features/devices/index.ts': "import { call } from '../../platform/api/call.ts'\nexport const devices = call\n",
  'e2e/stack/start-stack.ts': "import { Run } from '@holdfast/shared-types'\nexport const startStack = Run\n",
}

interface Planted {
  readonly rule: string
  /** File (or, for the folder rule, folder) that the rule has to name. */
  readonly at: string
  readonly files: Files
}

const plant = (rule: string, at: string, text: string, more: Files = {}): Planted => ({ rule, at, files: { [at]: text, ...more } })

const violations: readonly Planted[] = [
  plant('no-unresolved', 'hub/src/features/runs/end-run.ts', "import './nowhere.ts'\n"),
  plant('reader-runs-anywhere', 'engine/src/format/clock.ts', "import { hrtime } from 'node:process'\nexport const now = hrtime\n"),
  plant(
    'reader-knows-only-what-lies-below',
    'engine/src/reader/open.ts',
    "import { openStore } from '../store/index.ts'\nexport const open = openStore\n",
  ),
  plant(
    'unlock-knows-only-what-lies-below',
    'engine/src/unlock/in-page.ts',
    "import { browserPrimitives } from '../browser/index.ts'\nexport const inPage = browserPrimitives\n",
  ),
  plant(
    'what-runs-anywhere-knows-nothing-else',
    'engine/src/browser/store.ts',
    "import { openStore } from '../store/index.ts'\nexport const store = openStore\n",
  ),
  plant('no-cycle', 'engine/src/format/leaf.ts', "import { page } from './page.ts'\nexport const leaf = page\n", {
    'engine/src/format/page.ts': "import { leaf } from './leaf.ts'\nexport const page = leaf\n",
  }),
  {
    rule: 'no-folder-cycle',
    at: 'hub/src/features/agents',
    files: {
      'hub/src/features/agents/last-run.ts': "import { startedAt } from '../users/started-at.ts'\nexport const lastRun = startedAt\n",
      'hub/src/features/users/started-at.ts': 'export const startedAt = 1\n',
      'hub/src/features/users/owner.ts': "import { findAgent } from '../agents/find-agent.ts'\nexport const owner = findAgent\n",
    },
  },
  plant(
    'child-never-imports-parent-door',
    'engine/src/vault/crypto/open.ts',
    "import type { Vault } from '../index.ts'\nexport type Opened = Vault\n",
  ),
  plant(
    'apps-never-import-apps',
    'hub/src/features/runs/ask-agent.ts',
    "import { runBackup } from '../../../../agent/src/run-backup.ts'\nexport const ask = runBackup\n",
  ),
  plant(
    'shared-types-stands-alone',
    'shared-types/src/tree.ts',
    "import { encodeTree } from '@holdfast/engine/format'\nexport const tree = encodeTree\n",
  ),
  plant('shared-types-is-pure', 'shared-types/src/host.ts', "import { hostname } from 'node:os'\nexport const host = hostname\n"),
  plant(
    'engine-stands-alone',
    'engine/src/archiver/report.ts',
    "import { Run } from '@holdfast/shared-types'\nexport const report = Run\n",
  ),
  plant(
    'engine-is-entered-by-its-doors',
    'agent/src/cut.ts',
    "import { encodeTree } from '../../engine/src/format/tree.ts'\nexport const cut = encodeTree\n",
  ),
  plant(
    'web-takes-what-runs-anywhere',
    'web/src/features/devices/open.ts',
    "import { openStore } from '@holdfast/engine/store'\nexport const open = openStore\n",
  ),
  plant(
    'e2e-is-a-black-box',
    'e2e/stack/look-inside.ts',
    "import { fsck } from '@holdfast/engine/maintenance'\nexport const look = fsck\n",
  ),
  plant(
    'keys-live-in-one-feature',
    'hub/src/features/runs/peek.ts',
    "import { openVault } from '@holdfast/engine/vault'\nexport const peek = openVault\n",
  ),
  plant(
    'engine-store-knows-no-vault',
    'engine/src/store/cut.ts',
    "import { cut } from '../chunker/index.ts'\nexport const cutting = cut\n",
  ),
  plant(
    'vault-internals',
    'engine/src/maintenance/unseal.ts',
    "import { seal } from '../vault/crypto/seal.ts'\nexport const unseal = seal\n",
  ),
  plant(
    'verbs-know-the-vault-by-type-only',
    'engine/src/walker/open.ts',
    "import { openVault } from '../vault/index.ts'\nexport const open = openVault\n",
  ),
  plant('product-knows-no-test', 'agent/src/fake.ts', "import { fakeHub } from './testing/fake-hub.ts'\nexport const fake = fakeHub\n", {
    'agent/src/testing/fake-hub.ts': 'export const fakeHub = 1\n',
  }),
  plant(
    'platform-knows-no-feature',
    'hub/src/platform/http/agents.ts',
    "import { findAgent } from '../../features/agents/index.ts'\nexport const agents = findAgent\n",
  ),
  plant(
    'stopping-a-database-needs-no-package',
    'hub/src/platform/lifecycle/folder-lock.ts',
    "import { encodeTree } from '@holdfast/engine/format'\nexport const lock = encodeTree\n",
  ),
  plant(
    'features-know-no-wiring',
    'hub/src/features/agents/all.ts',
    "import { features } from '../../wiring/features.ts'\nexport const all = features\n",
  ),
  plant(
    'features-use-the-front-door',
    'hub/src/features/runs/side-door.ts',
    "import { findAgent } from '../agents/find-agent.ts'\nexport const side = findAgent\n",
  ),
]

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function buildRooms(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-rooms-'))
  folders.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  mkdirSync(join(root, 'node_modules/@holdfast'), { recursive: true })
  for (const name of ['shared-types', 'engine']) symlinkSync(`../../${name}`, join(root, 'node_modules/@holdfast', name))
  return root
}

/** `rule: file` for everything found. */
async function findViolations(files: Files): Promise<string[]> {
  const root = buildRooms(files)
  const found: string[] = []
  for (const { forbidden, options } of ruleFiles) {
    const { tsConfig: _unused, enhancedResolveOptions, ...rest } = options
    const result = await cruise(
      ['shared-types', 'engine', 'hub', 'agent', 'web', 'e2e'],
      { ...rest, validate: true, ruleSet: { forbidden }, baseDir: root },
      { ...enhancedResolveOptions },
    )
    found.push(...(result.output as ICruiseResult).summary.violations.map((violation) => `${violation.rule.name}: ${violation.from}`))
  }
  return found
}

describe('the dependency rules', () => {
  test('find nothing in clean rooms', async () => {
    expect(await findViolations(cleanRooms)).toEqual([])
  })

  test('are each proved below', () => {
    expect(violations.map(({ rule }) => rule).toSorted()).toEqual(
      ruleFiles.flatMap(({ forbidden }) => forbidden.map(({ name }) => name ?? '')).toSorted(),
    )
  })

  test.each(violations)('$rule names the line that breaks it', async ({ rule, at, files }) => {
    expect(await findViolations({ ...cleanRooms, ...files })).toContain(`${rule}: ${at}`)
  })
})
