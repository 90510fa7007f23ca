import { toHex } from '../../bytes/index.ts'
import { blobIdBytes, locationRecordBytes, readLocation } from '../../format/index.ts'
import { checkPack } from '../pack/check-pack.ts'
import type { Pack } from '../pack/pack-builder.ts'
import type { SourcePorts } from '../remote-source.ts'
import type { SessionPorts } from '../session/session-sink.ts'
import { FirstPlaces } from './first-places.ts'

/** The hub's half of a session without a network: keeps packs in memory, checked as a hub checks them. For tests of the engine. */
export class LoopbackHub {
  readonly packs = new Map<string, Pack>()
  readonly #places = new FirstPlaces()
  readonly #segmentByPlace = new Map<string, Uint8Array>()
  questions = 0
  idsAsked = 0

  get sessionPorts(): SessionPorts {
    return { have: (ids) => this.have(ids), putPack: (pack) => this.putPack(pack) }
  }

  get sourcePorts(): SourcePorts {
    return { locate: (ids) => this.have(ids), readSegments: (places) => this.readSegments(places) }
  }

  /** Bytes of data packs held. */
  get dataBytes(): number {
    return [...this.packs.values()].filter((pack) => pack.kind === 1).reduce((sum, pack) => sum + pack.bytes.length, 0)
  }

  putPack(pack: Pack): Promise<void> {
    const { segments } = checkPack(pack.bytes)
    for (const segment of segments) {
      this.#segmentByPlace.set(
        `${toHex(segment.birthPackId)}/${segment.birthOrdinal}`,
        pack.bytes.subarray(segment.offset, segment.offset + segment.length),
      )
      this.#places.add(segment)
    }
    this.packs.set(toHex(pack.packId), pack)
    return Promise.resolve()
  }

  have(ids: Uint8Array): Promise<Uint8Array> {
    this.questions++
    this.idsAsked += ids.length / blobIdBytes
    return Promise.resolve(this.#places.locate(ids))
  }

  readSegments(places: Uint8Array): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let index = 0; index < places.length / locationRecordBytes; index++) {
      const place = readLocation(places, index)
      const segment = place === null ? undefined : this.#segmentByPlace.get(`${toHex(place.packId)}/${place.ordinal}`)
      if (segment === undefined) return Promise.reject(new Error('no such segment'))
      parts.push(segment)
    }
    return Promise.resolve(new Uint8Array(Buffer.concat(parts)))
  }
}
