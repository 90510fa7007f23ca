import { randomBytes } from 'node:crypto'
import { blobTypes } from '../../format/index.ts'
import { RemoteSource } from '../remote-source.ts'
import { InlineSealer } from '../sealing/inline-sealer.ts'
import { SessionSink } from '../session/session-sink.ts'
import { WorkerOpener } from '../worker-opener.ts'
import { LoopbackHub } from './loopback-hub.ts'
import { aDomain } from './test-keys.ts'

/** Closes a source while its threads work, and has nothing else that keeps the process alive: closing ends all the same. */
const keys = aDomain()
const hub = new LoopbackHub()
const sink = new SessionSink(keys, hub.sessionPorts, (onPack) => new InlineSealer(keys, onPack))
const tickets = Array.from({ length: 8 }, () => sink.add(blobTypes.data, randomBytes(3_000_000)))
await sink.finish()
const source = new RemoteSource(keys, hub.sourcePorts, new WorkerOpener(keys, 2))
const reads = tickets.map((ticket) => source.read(blobTypes.data, sink.idOf(ticket)).catch(() => null))
// Until the threads have something in hand.
await reads[0]
await source.close()
await Promise.all(reads)
process.exitCode = 7
