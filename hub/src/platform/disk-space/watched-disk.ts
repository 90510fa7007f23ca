import { statfs } from 'node:fs/promises'
import { marksOf, type DiskMarks } from './disk-marks.ts'
import { DiskReserve } from './disk-reserve.ts'

export type DiskUse = 'store' | 'database'

export interface DiskPlace {
  readonly use: DiskUse
  /** A folder on the disk, for people too. */
  readonly folder: string
  readonly reserveFile: string
  /** Throws where the folder is not on the disk that is meant: nothing is made there then. */
  readonly requireThere?: () => Promise<void>
}

/** A disk as it was last measured, in bytes. */
export interface DiskState {
  readonly folder: string
  readonly uses: readonly DiskUse[]
  /** For who may not use the reserve of root. */
  readonly freeBytes: number
  /** Nothing large is taken: backups wait. */
  readonly isLow: boolean
  /** The reserve is being spent. */
  readonly isScarce: boolean
}

/** One disk: what it has left, and the reserve on it. */
export class WatchedDisk {
  readonly place: DiskPlace
  readonly uses: DiskUse[]
  readonly #reserve: DiskReserve
  #marks: DiskMarks = marksOf(0)
  #freeBytes = 0
  #heldBytes = 0
  /** Of bulk data that was let through and may not lie on the disk yet. */
  #claimedBytes = 0
  /** What there has to be again before it stops being low. */
  #neededBytes: number | null = null

  constructor(place: DiskPlace) {
    this.place = place
    this.uses = [place.use]
    this.#reserve = new DiskReserve(place.reserveFile)
  }

  get state(): DiskState {
    const isScarce = this.#freeBytes < this.#marks.scarce
    return { folder: this.place.folder, uses: this.uses, freeBytes: this.#freeBytes, isLow: this.#neededBytes !== null, isScarce }
  }

  async measure(): Promise<DiskState> {
    const { bavail, blocks, bsize } = await statfs(this.place.folder)
    this.#marks = marksOf(blocks * bsize)
    this.#freeBytes = bavail * bsize
    this.#heldBytes = await this.#reserve.heldBytes()
    const { low } = this.#marks
    if (this.#fillableBytes < low) this.#neededBytes = Math.max(this.#neededBytes ?? 0, Math.floor(low * 1.25))
    else if (this.#neededBytes !== null && this.#fillableBytes >= this.#neededBytes) this.#neededBytes = null
    return this.state
  }

  /** Takes room for bulk data. @returns null where there is none, else what gives it back once it lies on the disk or was thrown away */
  claim(bytes: number): (() => void) | null {
    const needed = this.#marks.low + bytes
    if (this.#fillableBytes - this.#claimedBytes < Math.max(needed, this.#neededBytes ?? 0)) {
      this.#neededBytes = Math.max(this.#neededBytes ?? 0, needed)
      return null
    }
    this.#claimedBytes += bytes
    return () => void (this.#claimedBytes -= bytes)
  }

  /** @returns whether the reserve was given up by this call. */
  async giveUpReserve(): Promise<boolean> {
    const { isScarce } = await this.measure()
    if (!isScarce || this.#heldBytes === 0) return false
    await this.#reserve.shrinkTo(0)
    await this.measure()
    return true
  }

  /**
   * Brings the reserve to what the disk has room for. Where the database is on it and there is next to nothing left, half of the reserve is
   * given up bit by bit: Postgres writes its log whatever the hub does, and ends where it cannot.
   */
  async tend(): Promise<void> {
    await this.measure()
    const { reserve, scarce } = this.#marks
    if (this.#freeBytes < scarce) {
      const keptBytes = Math.floor(reserve / 2)
      if (this.uses.includes('database') && this.#heldBytes > keptBytes)
        await this.#reserve.shrinkTo(Math.max(keptBytes, this.#heldBytes - 2 * scarce))
    } else {
      const fittingBytes = Math.min(reserve, this.#heldBytes + this.#freeBytes - 2 * scarce)
      // Not for a few blocks that will be gone with the next row.
      if (fittingBytes - this.#heldBytes < Math.min(scarce, reserve - this.#heldBytes) || this.#heldBytes >= reserve) return
      await this.place.requireThere?.()
      await this.#reserve.growTo(fittingBytes)
    }
    await this.measure()
  }

  /** What is missing of the reserve is not. */
  get #fillableBytes(): number {
    return this.#freeBytes - Math.max(0, this.#marks.reserve - this.#heldBytes)
  }
}
