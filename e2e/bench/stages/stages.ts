/** Which way the data goes: some rooms work for both. */
export type Direction = 'backup' | 'restore'

/** Where processor time goes, in the order of the tables, with what it means. */
export const stageMeanings = {
  count: 'looking through the tree once before, for the progress bar',
  walk: 'folders, names and metadata of what is backed up',
  read: 'opening and reading files, and their attributes',
  cut: 'content-defined cut points, and copying the pieces',
  hash: 'ids of blobs',
  have: 'which blobs are new: tickets and questions',
  compress: 'zstd',
  seal: 'AES-256-GCM',
  pack: 'segments and packs, checksums',
  entries: 'what has changed, entries and tree pages',
  catalogue: 'what the next backup compares with',
  upload: 'packs and questions, by HTTP',
  plan: 'tree pages, what is wanted and where it goes',
  fetch: 'places and segments, by HTTP',
  open: 'AES-256-GCM, the other way round',
  decompress: 'zstd, the other way round',
  verify: 'whether what was opened is what its id says; in a backup, whether a sealed segment opens again',
  write: 'folders, files and their content',
  metadata: 'owners, modes, times, attributes',
  ingest: 'packs and sessions at the hub, to the disk',
  serve: 'places and segments at the hub, from the disk',
  database: 'the hub’s side of its database',
  access: 'routes, contracts, and who may',
  runs: 'course, progress and log of runs',
  messages: 'between threads',
  network: 'sockets and streams of Node, for whatever they carry',
  start: 'starting threads, loading modules',
  'garbage collection': 'on the threads that wait for it',
  'helper threads': 'of V8: collection and compilation beside our threads',
  'thread pool': 'of libuv: files and cryptography that our threads do not wait for',
  runtime: 'inside Node with none of our functions under way',
  whole: 'a process that is not of Node, or was not profiled',
  other: 'what fits nowhere',
} as const
export type Stage = keyof typeof stageMeanings
export const stages = Object.keys(stageMeanings) as Stage[]
