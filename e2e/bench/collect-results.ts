import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type as systemName } from 'node:os'
import { projectRoot } from '../stack/project.ts'
import type { BenchResults, MachineFacts } from './figures.ts'
import type { Measured } from './measure-set.ts'
import { rowsOf } from './rows.ts'
import { scaleTargets } from './scale/scale-targets.ts'
import { targetsOf } from './targets.ts'
import type { Tool } from './tool.ts'

/** All that was measured, with what it was measured on and how it did. */
export function resultsOf({ samples, dataSets, stages, browsing, fileSystems }: Measured, tools: readonly Tool[]): BenchResults {
  const rows = rowsOf(samples)
  return {
    machine: machineFacts([...fileSystems].join(' and ')),
    date: new Date().toISOString(),
    commit: commitInHand(),
    // Not every set is measured with every tool.
    peers: Object.fromEntries(
      tools.filter(({ name }) => rows.some(({ tool }) => tool === name)).map(({ name, version }) => [name, version]),
    ),
    dataSets,
    rows,
    targets: [...targetsOf(rows), ...scaleTargets(dataSets, rows, browsing)],
    samples,
    stages,
    browsing,
  }
}

const machineFacts = (fileSystem: string): MachineFacts => ({
  cpu: cpus()[0]?.model ?? 'an unknown processor',
  cores: cpus().length,
  memoryBytes: totalmem(),
  system: `${systemName()} ${release()}`,
  node: process.versions.node,
  fileSystem,
})

function commitInHand(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain').trim() === '' ? '' : ' with changes')
  } catch {
    // A copy without git: then nobody knows.
    return null
  }
}
