import type {
  AgentId,
  Compression,
  DeletedFiles,
  HostFacts,
  Plan,
  PlanChange,
  PlanOrder,
  RetryPolicy,
  WirePath,
} from '@holdfast/shared-types'

/** A plan while it is written: what is typed stays as it is typed. */
export interface PlanDraft {
  agentId: AgentId | null
  /** Empty: one is suggested from the sources. */
  name: string
  sources: WirePath[]
  /** As typed, a pattern a line. */
  patterns: string
  presets: string[]
  excludeCaches: boolean
  oneFileSystem: boolean
  compression: Compression
  deletedFiles: DeletedFiles
  retries: RetryPolicy
  timeoutMs: number | null
  shrinkLimitPercent: number | null
  isEnabled: boolean
}

// The hub's own for what an order leaves out (`standardCompression`, `standardDeletedFiles`, `standardRetries`, `standardShrinkLimitPercent`): a test compares.
export const standardCompression: Compression = 'fast'
export const standardDeletedFiles: DeletedFiles = 'follow'
export const standardRetries: RetryPolicy = { count: 3, firstDelayMs: 300_000 }
export const standardShrinkLimitPercent = 50

const mostSources = 1000
const mostNameLetters = 120

/** The preset that leaves out what nobody misses; agents do not know places on Windows yet. */
export const recommendedPreset = (system: HostFacts['os'] | null): string | null =>
  system === 'linux' || system === 'macos' ? `${system}-user-data` : null

export const newDraft = (agentId: AgentId | null): PlanDraft => ({
  agentId,
  name: '',
  sources: [],
  patterns: '',
  presets: [],
  excludeCaches: true,
  oneFileSystem: false,
  compression: standardCompression,
  deletedFiles: standardDeletedFiles,
  retries: { ...standardRetries },
  timeoutMs: null,
  shrinkLimitPercent: standardShrinkLimitPercent,
  isEnabled: true,
})

export const draftOf = (plan: Plan): PlanDraft => ({
  agentId: plan.agentId,
  name: plan.name,
  sources: plan.sources.map((source) => ({ ...source })),
  patterns: (plan.exclude ?? []).join('\n'),
  presets: [...(plan.presets ?? [])],
  excludeCaches: plan.excludeCaches ?? false,
  oneFileSystem: plan.oneFileSystem ?? false,
  compression: plan.compression,
  deletedFiles: plan.deletedFiles,
  retries: { ...plan.retries },
  timeoutMs: plan.timeoutMs,
  shrinkLimitPercent: plan.shrinkLimitPercent,
  isEnabled: plan.isEnabled,
})

export const copyOfDraft = (draft: PlanDraft): PlanDraft => JSON.parse(JSON.stringify(draft)) as PlanDraft

/** Lines that say something; a space at the end may belong to a name. */
export const patternLines = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '')

/** `home`, `home, etc`, `home, etc and 2 more`: after the last names of the sources, and not one that is taken. */
export function suggestName(sources: readonly WirePath[], taken: readonly string[], more: (count: number) => string, all: string): string {
  const names = [...new Set(sources.map(({ path }) => path.split(/[/\\]/).findLast((name) => name !== '') ?? all))]
  if (names.length === 0) return ''
  const rest = names.length > 3 ? ` ${more(names.length - 2)}` : ''
  const wanted = (rest === '' ? names : names.slice(0, 2)).join(', ').slice(0, mostNameLetters - 24) + rest
  let name = wanted
  for (let number = 2; taken.includes(name); number += 1) name = `${wanted} ${number}`
  return name
}

type Rules = Pick<PlanChange, 'exclude' | 'presets' | 'oneFileSystem' | 'excludeCaches'>

/** What a backup by this draft leaves out. */
export const rulesOf = ({ patterns, presets, oneFileSystem, excludeCaches }: PlanDraft): Rules => ({
  exclude: patternLines(patterns),
  presets: [...presets],
  oneFileSystem,
  excludeCaches,
})

const bodyOf = (draft: PlanDraft, name: string): Omit<PlanChange, 'revision'> & Pick<PlanOrder, 'compression' | 'deletedFiles'> => ({
  name: name.trim(),
  sources: draft.sources,
  ...rulesOf(draft),
  compression: draft.compression,
  deletedFiles: draft.deletedFiles,
  retries: draft.retries,
  timeoutMs: draft.timeoutMs,
  shrinkLimitPercent: draft.shrinkLimitPercent,
  isEnabled: draft.isEnabled,
})

export const orderOf = (draft: PlanDraft, agentId: AgentId, name: string): PlanOrder => ({ agentId, ...bodyOf(draft, name) })
export const changeOf = (draft: PlanDraft, revision: number, name: string): PlanChange => ({ revision, ...bodyOf(draft, name) })

/** The parts of a draft that people know by name. */
export const draftParts = ['name', 'sources', 'rules', 'compression', 'deletedFiles', 'retries', 'timeout', 'shrink', 'enabled'] as const
export type DraftPart = (typeof draftParts)[number]

const fieldsOf: { readonly [P in DraftPart]: (draft: PlanDraft) => unknown } = {
  name: ({ name }) => name.trim(),
  sources: ({ sources }) => sources.map(({ path, pathBase64 }) => pathBase64 ?? path).toSorted(),
  rules: (draft) => ({ ...rulesOf(draft), presets: draft.presets.toSorted() }),
  compression: ({ compression }) => compression,
  deletedFiles: ({ deletedFiles }) => deletedFiles,
  retries: ({ retries }) => [retries.count, retries.firstDelayMs],
  timeout: ({ timeoutMs }) => timeoutMs,
  shrink: ({ shrinkLimitPercent }) => shrinkLimitPercent,
  enabled: ({ isEnabled }) => isEnabled,
}

/** The parts in which two drafts differ. */
export const changedParts = (left: PlanDraft, right: PlanDraft): DraftPart[] =>
  draftParts.filter((part) => JSON.stringify(fieldsOf[part](left)) !== JSON.stringify(fieldsOf[part](right)))

export const isSameDraft = (left: PlanDraft, right: PlanDraft): boolean =>
  left.agentId === right.agentId && changedParts(left, right).length === 0

const keysOf: { readonly [P in DraftPart]: readonly (keyof PlanDraft)[] } = {
  name: ['name'],
  sources: ['sources'],
  rules: ['patterns', 'presets', 'excludeCaches', 'oneFileSystem'],
  compression: ['compression'],
  deletedFiles: ['deletedFiles'],
  retries: ['retries'],
  timeout: ['timeoutMs'],
  shrink: ['shrinkLimitPercent'],
  enabled: ['isEnabled'],
}

export interface MergedDraft {
  readonly draft: PlanDraft
  /** Taken over from the other. */
  readonly taken: readonly DraftPart[]
  /** Changed by both, and differently: mine stands. */
  readonly disputed: readonly DraftPart[]
}

/** Two changes of one plan brought together: nothing that was typed here is lost, and nothing the other changed where I did not. */
export function mergeDrafts(base: PlanDraft, mine: PlanDraft, theirs: PlanDraft): MergedDraft {
  const own = changedParts(base, mine)
  const other = changedParts(base, theirs)
  const taken = other.filter((part) => !own.includes(part))
  const differing = changedParts(mine, theirs)
  const disputed = other.filter((part) => own.includes(part) && differing.includes(part))
  const draft = { ...mine }
  for (const key of taken.flatMap((part) => keysOf[part])) Object.assign(draft, { [key]: theirs[key] })
  return { draft, taken, disputed }
}

export type DraftMistake =
  | { readonly code: 'no-device' | 'no-sources' | 'too-many-sources' | 'long-name' | 'long-patterns' }
  | { readonly code: 'relative'; readonly path: string }

export const isAbsolutePath = (path: string): boolean => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\')

/** What the hub would refuse besides patterns, told before it is asked. */
export function draftMistake(draft: PlanDraft): DraftMistake | null {
  if (draft.agentId === null) return { code: 'no-device' }
  if (draft.sources.length === 0) return { code: 'no-sources' }
  if (draft.sources.length > mostSources) return { code: 'too-many-sources' }
  const relative = draft.sources.find(({ path }) => !isAbsolutePath(path))
  if (relative !== undefined) return { code: 'relative', path: relative.path }
  if (draft.name.trim().length > mostNameLetters) return { code: 'long-name' }
  const lines = patternLines(draft.patterns)
  // The contract's most lines, and most letters that fit one message of the link.
  return lines.length > 2000 || lines.reduce((sum, line) => sum + line.length, 0) > 200_000 ? { code: 'long-patterns' } : null
}
