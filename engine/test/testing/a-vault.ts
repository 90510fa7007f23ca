import { randomBytes } from 'node:crypto'
import type { DomainKeys } from '../../src/reader/index.ts'
import { InlineSealer, RemoteSource, SessionSink, type Pack, type Sealer } from '../../src/vault/index.ts'
import { LoopbackHub } from '../../src/vault/testing/loopback-hub.ts'
import { aDomain } from '../../src/vault/testing/test-keys.ts'

/** A real vault without a network or disk: real keys, packs, sessions and reads, checked as a hub checks them. */
export class TestVault {
  readonly keys: DomainKeys = aDomain()
  readonly hub = new LoopbackHub()

  newSession(makeSealer = (onPack: (pack: Pack) => void): Sealer => new InlineSealer(this.keys, onPack)): SessionSink {
    return new SessionSink(this.keys, this.hub.sessionPorts, makeSealer)
  }

  newSource(): RemoteSource {
    return new RemoteSource(this.keys, this.hub.sourcePorts)
  }
}

export const aSnapshotId = (): Uint8Array => new Uint8Array(randomBytes(16))
