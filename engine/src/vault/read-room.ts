const mebibyte = 1024 * 1024

/** How much of a vault is held at once while it is read. */
export interface ReadRoom {
  /** Of one request to the hub. */
  readonly bytesPerRead: number
  /** Requests under way or not taken yet, for who reads many segments. */
  readonly readsAhead: number
  /** Contents that are asked for together; as much again is fetched while they are used. */
  readonly batchBytes: number
  /** Opened folder lists kept, since those of one folder and its neighbours lie in the same segments. */
  readonly pageBytes: number
  /** Opened segments kept where blobs are read one by one. */
  readonly segmentBytes: number
}

/** With three requests ahead some 60 MiB are held (one on its way, two being opened), and twice that in a restore, which has two batches at a time. */
export const usualReadRoom: ReadRoom = {
  bytesPerRead: 16 * mebibyte,
  readsAhead: 3,
  batchBytes: 32 * mebibyte,
  pageBytes: 64 * mebibyte,
  segmentBytes: 32 * mebibyte,
}

/** For a machine with little memory: a chunk has up to 4 MiB, so some 20 MiB at a time. */
export const smallReadRoom: ReadRoom = {
  bytesPerRead: 2 * mebibyte,
  readsAhead: 1,
  batchBytes: 4 * mebibyte,
  pageBytes: 8 * mebibyte,
  segmentBytes: 4 * mebibyte,
}
