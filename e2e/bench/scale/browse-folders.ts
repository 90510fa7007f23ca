/**
 * One person who looks through a snapshot, one call after the other as the console makes them, over HTTP: the first page of a folder has 1,000
 * entries, the others 10,000. Prints how long each answer took, as JSON.
 *
 *   BENCH_COOKIE=… node e2e/bench/scale/browse-folders.ts JOB      (JOB: the JSON of a BrowseJob)
 */
import { join } from 'node:path'
import { seededRandom } from '../../stack/seeded-random.ts'
import { tinyFilesPerFolder, tinyFolderName } from '../data/tiny-files.ts'
import type { VisitedPlace, Visits } from '../figures.ts'

export interface BrowseJob {
  /** Of the hub. */
  readonly origin: string
  readonly snapshotId: string
  /** Path of the folder with all folders. */
  readonly source: string
  /** As `tiny` has them; the wide folder lies beside them. */
  readonly folders: number
  readonly wideName: string
  readonly wideFiles: number
}

interface Page {
  readonly path: string
  readonly after: number
  readonly limit: number
  /** What the folder holds: an answer that is quick and wrong is worth nothing. Null where nobody knows. */
  readonly total: number | null
}

const firstPage = 1000
const nextPages = 10_000
/** Enough for a 95th percentile that does not hang on one of them. */
const visitedFolders = 400
/** A single folder is looked at so often, once it was. */
const repeats = 50
const seed = 20_261_122

const cookie = process.env['BENCH_COOKIE'] ?? ''
const job = JSON.parse(process.argv[2] ?? '') as BrowseJob
const address = `${job.origin}/api/v1/snapshots/${job.snapshotId}/entries`

/** @returns milliseconds */
async function read({ path, after, limit, total }: Page): Promise<number> {
  const query = new URLSearchParams({ path, after: String(after), limit: String(limit) })
  const startedMs = performance.now()
  const answer = await fetch(`${address}?${query}`, { headers: { cookie } })
  const text = await answer.text()
  const milliseconds = performance.now() - startedMs
  if (!answer.ok) throw new Error(`GET of the entries of ${path} ended with ${answer.status}: ${text}`)
  const listed = JSON.parse(text) as { readonly items: readonly unknown[]; readonly total: number }
  const expected = total ?? listed.total
  if (listed.total !== expected || listed.items.length !== Math.min(limit, expected - after))
    throw new Error(`${path} was listed with ${listed.items.length} entries from ${after} on, of ${listed.total}; it has ${expected}.`)
  return milliseconds
}

async function visit(place: VisitedPlace, isFirst: boolean, pages: readonly Page[]): Promise<Visits> {
  const milliseconds: number[] = []
  for (const page of pages) milliseconds.push(await read(page))
  return { place, isFirst, entries: Math.max(...pages.map(({ total, limit }) => total ?? limit)), milliseconds }
}

/** The first page of a folder. */
const opened = (path: string, total: number | null): Page => ({ path, after: 0, limit: firstPage, total })

function chosenFolders(): string[] {
  const random = seededRandom(seed)
  const names = Array.from({ length: job.folders }, (_, number) => tinyFolderName(number))
  return Array.from({ length: Math.min(visitedFolders, names.length) }, () => names.splice(random.below(names.length), 1)[0] ?? '')
}

async function browse(): Promise<Visits[]> {
  const folders = chosenFolders().map((name) => opened(join(job.source, name), tinyFilesPerFolder))
  const source = opened(job.source, job.folders + 1)
  const wide = opened(join(job.source, job.wideName), job.wideFiles)
  const rest = Array.from({ length: Math.ceil((job.wideFiles - firstPage) / nextPages) }, (_, number) => ({
    ...wide,
    after: firstPage + number * nextPages,
    limit: nextPages,
  }))
  const again = (page: Page): Page[] => Array.from({ length: repeats }, () => page)
  return [
    // In the order in which a person comes by; the first call of all opens the snapshot.
    await visit('top', true, [opened('/', null)]),
    await visit('folders', true, [source]),
    await visit('folder', true, folders),
    await visit('folder', false, folders),
    await visit('wide', true, [wide]),
    ...(rest.length === 0 ? [] : [await visit('wide rest', true, rest)]),
    await visit('wide', false, again(wide)),
    await visit('folders', false, again(source)),
  ]
}

console.log(JSON.stringify(await browse()))
