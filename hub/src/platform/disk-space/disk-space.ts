import { stat } from 'node:fs/promises'
import { AppError } from '@holdfast/shared-types'
import type { Logger } from '../logging/logger.ts'
import { WatchedDisk, type DiskPlace, type DiskState, type DiskUse } from './watched-disk.ts'

export interface DiskSpaceOptions {
  readonly log: Logger
  readonly everyMs?: number
}

const lookEveryMs = 5_000
/** Short commands end before; a hub that stays makes its reserve when it has started. */
const firstLookMs = 1_000

/** The disks of a hub: whether there is room for more, and a reserve for when there is none. */
export class DiskSpace {
  readonly #log: Logger
  readonly #everyMs: number
  readonly #diskByUse = new Map<DiskUse, WatchedDisk>()
  /** Disks that were last said to be nearly full. */
  readonly #toldLow = new Set<WatchedDisk>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | null = null
  #changesUnderWay = 0
  #isStopped = false

  constructor({ log, everyMs = lookEveryMs }: DiskSpaceOptions) {
    this.#log = log
    this.#everyMs = everyMs
  }

  /** Adds a disk. One that is known already by another folder keeps the one reserve that it has. */
  async watch(place: DiskPlace): Promise<void> {
    const { dev } = await stat(place.folder)
    for (const disk of this.#disks()) {
      if (disk.place.use === place.use || (await stat(disk.place.folder)).dev !== dev) continue
      disk.uses.push(place.use)
      this.#diskByUse.set(place.use, disk)
      return
    }
    const disk = new WatchedDisk(place)
    await disk.measure()
    this.#diskByUse.set(place.use, disk)
  }

  /** Looks now and then from here on. */
  start(): void {
    this.#timer = setTimeout(() => void this.#lookAndGoOn(), Math.min(firstLookMs, this.#everyMs)).unref()
  }

  /** Leaves the reserves where they are: they are the next start's. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  /** As they were last measured; one disk once, whatever is on it. */
  states(): DiskState[] {
    return this.#disks().map(({ state }) => state)
  }

  /** Null where it is not watched. */
  stateOf(use: DiskUse): DiskState | null {
    return this.#diskByUse.get(use)?.state ?? null
  }

  /**
   * Asks for room for bulk data in the store, by the disk as it is now.
   *
   * @returns to be called once the data lies on the disk, or was thrown away
   * @throws AppError `store.full` where it would take what everything else needs
   */
  async requireRoom(bytes: number): Promise<() => void> {
    const disk = this.#diskByUse.get('store')
    if (disk === undefined) return () => undefined
    // A disk that cannot be measured is told by whoever writes on it.
    if (!(await this.#measure(disk))) return () => undefined
    const done = disk.claim(bytes)
    if (done !== null) return done
    this.#tellChange(disk)
    const { freeBytes } = disk.state
    throw new AppError('store.full', {
      message: `The disk of the vault is nearly full (${Math.floor(freeBytes / (1024 * 1024))} MiB are free): nothing new is stored on it.`,
      context: { freeBytes },
    })
  }

  /**
   * For what makes room, and for what cannot wait: deletions, garbage collection. With next to nothing left on a disk its reserve is given up
   * first; it is made again some seconds after the last such work, as far as there is room. Bulk data stays refused meanwhile.
   */
  async withReserve<T>(work: () => Promise<T>): Promise<T> {
    this.#changesUnderWay++
    try {
      await this.makeWay()
      return await work()
    } finally {
      this.#changesUnderWay--
    }
  }

  /** The same for one small change: what a person asks for, and signing in. Never throws. */
  async makeWay(): Promise<void> {
    for (const disk of this.#disks()) {
      try {
        if (await disk.giveUpReserve())
          this.#log.warn(
            { event: 'disk.reserve-given-up', disk: nameOf(disk) },
            'The disk is full: its reserve was given up, so that things can be changed and deleted. Make room on it',
          )
      } catch (error) {
        this.#log.warn({ event: 'disk.unmeasured', disk: nameOf(disk), err: error }, 'The reserve of a disk could not be given up')
      }
    }
  }

  #disks(): WatchedDisk[] {
    return [...new Set(this.#diskByUse.values())]
  }

  async #lookAndGoOn(): Promise<void> {
    this.#looking = this.#look()
    await this.#looking
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#lookAndGoOn(), this.#everyMs).unref()
  }

  async #look(): Promise<void> {
    for (const disk of this.#disks()) {
      await this.#measure(disk)
      if (this.#changesUnderWay > 0 || this.#isStopped) continue
      try {
        await disk.tend()
      } catch (error) {
        this.#log.debug(
          { event: 'disk.reserve-unmade', disk: nameOf(disk), err: error },
          'The reserve could not be made; it is tried again',
        )
      }
    }
  }

  /** @returns false where it could not be measured. */
  async #measure(disk: WatchedDisk): Promise<boolean> {
    try {
      await disk.measure()
      this.#tellChange(disk)
      return true
    } catch (error) {
      this.#log.debug({ event: 'disk.unmeasured', disk: nameOf(disk), err: error }, 'A disk could not be measured')
      return false
    }
  }

  /** Goes by what was told last: others measure the same disk at the same time. */
  #tellChange(disk: WatchedDisk): void {
    const { freeBytes, isLow } = disk.state
    if (isLow === this.#toldLow.has(disk)) return
    if (isLow) {
      this.#toldLow.add(disk)
      this.#log.warn({ event: 'disk.low', disk: nameOf(disk), freeBytes }, 'The disk is nearly full: backups wait for room')
    } else {
      this.#toldLow.delete(disk)
      this.#log.info({ event: 'disk.roomy', disk: nameOf(disk), freeBytes }, 'There is room on the disk again')
    }
  }
}

/** For the log: what is on it. */
const nameOf = ({ uses }: WatchedDisk): string => uses.join(' and ')
