import { inRoot, root } from '../bootstrap/root.mjs'
import { projectEnv } from '../bootstrap/project-node.mjs'
import { runProcess } from '../bootstrap/run-process.mjs'
import { buildWeb } from '../bootstrap/build-web.mjs'

/** One command that is right or wrong as a whole; it counts as one test. */
export interface Check {
  readonly name: string
  /** @returns what to show when it is wrong, null when it is right. */
  readonly findProblem: (signal: AbortSignal) => Promise<string | null>
}

const checkTimeoutMs = 300_000
const tool = (path: string) => inRoot('node_modules', path)

/** Right when the command ends with 0. */
const commandCheck = (name: string, args: readonly string[]): Check => ({
  name,
  async findProblem(signal) {
    const { code, output, timedOut } = await runProcess(process.execPath, args, {
      cwd: root,
      env: projectEnv(),
      signal,
      timeoutMs: checkTimeoutMs,
    })
    if (timedOut) return `${output}\nended after ${checkTimeoutMs / 1000} s`
    return code === 0 ? null : output.trim() === '' ? `exit code ${code}` : output
  },
})

const tsc = (project: string) => commandCheck(`types: ${project}`, [tool('@typescript/native/bin/tsc'), '-p', `${project}/tsconfig.json`])

const rooms = ['shared-types', 'engine', 'hub', 'agent', 'web', 'e2e', 'scripts']

const format = commandCheck('format', [tool('oxfmt/bin/oxfmt'), '--check', '.'])
const lint = commandCheck('lint', [tool('oxlint/bin/oxlint'), '--type-aware', '--quiet', '.'])
const templateLint = commandCheck('lint: templates', [tool('eslint/bin/eslint.js'), '--max-warnings=0', 'web'])
const depcruise = (name: string, ruleFile: string) =>
  commandCheck(name, [tool('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', ruleFile, ...rooms])
const roomRules = depcruise('dependency rules', '.dependency-cruiser.cjs')
const folderRules = depcruise('dependency rules of folders', '.dependency-cruiser.folders.cjs')
const errorDocs = commandCheck('docs/errors.md is current', ['-C', '@holdfast/source', inRoot('scripts/generate-error-docs.ts'), '--check'])
const presetDocs = commandCheck('docs/exclusions.md is current', [
  '-C',
  '@holdfast/source',
  inRoot('scripts/generate-preset-docs.ts'),
  '--check',
])

const webBuild: Check = {
  name: 'build: web',
  async findProblem(signal) {
    try {
      await buildWeb({ signal, tell: () => undefined })
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  },
}

/** What a change is checked with before a commit; needs no build. */
export const quickChecks: readonly Check[] = [
  format,
  lint,
  templateLint,
  roomRules,
  folderRules,
  errorDocs,
  presetDocs,
  ...['shared-types', 'engine', 'hub', 'agent', 'e2e', 'scripts'].map(tsc),
]

/** The console's types of components are written by its build, so they come after it. */
export const webChecks: readonly Check[] = [
  webBuild,
  commandCheck('types: web', [tool('vue-tsc/bin/vue-tsc.js'), '-p', 'web/tsconfig.json']),
  commandCheck('types: tests of the console', [tool('vue-tsc/bin/vue-tsc.js'), '-p', 'web/tsconfig.node.json']),
  commandCheck('types: service worker', [tool('@typescript/native/bin/tsc'), '-p', 'web/tsconfig.sw.json']),
]
