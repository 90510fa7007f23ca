import type { SessionId } from '@holdfast/shared-types'
import { ByteReader, ByteWriter, toHex } from '@holdfast/engine/bytes'
import { objectIdBytes, Refset, type SegmentPlace } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import { insertGrant, listGrants } from '../tables/sessions.queries.ts'

const placeBytes = objectIdBytes + 4

/**
 * What the hub told each open session about beyond its own uploads. A snapshot may name only what its session brought or was told of:
 * who knows a blob's id had its plaintext, or a tree that names it; so nobody reads others' segments by just claiming them.
 *
 * Kept in memory for speed and in the database so that a session survives a restart of the hub.
 */
export class SessionGrants {
  readonly #bySession = new Map<SessionId, Promise<Refset>>()

  /** The segments granted so far; grows by `add`. */
  async of(em: EntityManager, sessionId: SessionId): Promise<Refset> {
    let grants = this.#bySession.get(sessionId)
    if (grants === undefined) {
      grants = load(em, sessionId)
      this.#bySession.set(sessionId, grants)
      // A failed read must not be the session's answer for ever.
      grants.catch(() => this.#bySession.delete(sessionId))
    }
    return grants
  }

  /** Durable when it resolves; answer the agent only then. */
  async add(em: EntityManager, sessionId: SessionId, places: readonly SegmentPlace[]): Promise<void> {
    if (places.length === 0) return
    const grants = await this.of(em, sessionId)
    await insertGrant(em, sessionId, encodePlaces(places))
    for (const place of places) grants.addPlace(place)
  }

  forget(sessionId: SessionId): void {
    this.#bySession.delete(sessionId)
  }
}

async function load(em: EntityManager, sessionId: SessionId): Promise<Refset> {
  const grants = new Refset()
  for (const places of await listGrants(em, sessionId)) {
    const reader = new ByteReader(places)
    while (reader.remaining > 0) grants.add(toHex(reader.bytes(objectIdBytes)), reader.u32())
  }
  return grants
}

function encodePlaces(places: readonly SegmentPlace[]): Uint8Array {
  const writer = new ByteWriter(places.length * placeBytes)
  for (const { packId, ordinal } of places) writer.bytes(packId).u32(ordinal)
  return writer.toBytes()
}
