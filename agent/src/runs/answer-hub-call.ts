import { releaseBytes } from '@holdfast/engine/bytes'
import type { PauseGate } from '@holdfast/engine/run-control'
import { PackId, type RunId, type VaultId } from '@holdfast/shared-types'
import type { HubClient } from '../hub-connection/hub-client.ts'
import type { HubLink } from '../hub-connection/hub-link.ts'
import type { VaultTrust } from '../identity/vault-trust.ts'
import type { UsedSelections } from '../state/used-selections.ts'
import { isWaitedOut, type StoreWait } from './store-wait.ts'
import type { HubCallName, HubCalls } from './worker-messages.ts'

export interface HubDoors {
  readonly link: HubLink
  readonly client: HubClient
}

export interface CallContext extends HubDoors {
  readonly runId: RunId
  readonly fence: number
  readonly trust: Pick<VaultTrust, 'accept'>
  readonly selections: Pick<UsedSelections, 'use'>
  readonly vaultId: VaultId
  /** How long a hub may be away before the run is given up. */
  readonly patienceMs: number
  readonly signal: AbortSignal
  /** Aborted when this process ends before the hub has answered a commit. */
  readonly commitSignal: AbortSignal
  /** Closed while the run rests. */
  readonly gate: PauseGate
  /** What stores something waits there while the hub cannot. */
  readonly storeWait: StoreWait
  /** Bytes that went to or came from the vault, as they do; negative where a transfer has to begin anew. */
  readonly onTransfer: (bytes: number) => void
}

type Answering = { readonly [N in HubCallName]: (context: CallContext, ask: HubCalls[N]['ask']) => Promise<HubCalls[N]['answer']> }

/** Four packs of 16 MiB at once over a link of 1 Mbit/s take nine minutes. */
const bulkTimeoutMs = 900_000

/** Which door each call of a worker goes through: questions to the hub over the link, bytes over HTTP; and what is the device's own to say. */
const answering = {
  'session.open': ({ link, runId, fence, vaultId, patienceMs, signal }) =>
    link.request('session.open', { runId, fence, vaultId, canReadAgain: true }, { patienceMs, signal }),
  'session.have': async ({ link, fence, patienceMs, signal }, { sessionId, ids }) =>
    (await link.request('session.have', { sessionId, fence, ids }, { patienceMs, signal })).locations,
  'session.put-pack': async ({ client, fence, patienceMs, signal, gate, storeWait, onTransfer }, { sessionId, packId, bytes }) => {
    const send = () =>
      client.call(
        'putPack',
        { params: { sessionId, packId: PackId.parse(packId) }, query: { fence }, body: bytes },
        { patienceMs, timeoutMs: bulkTimeoutMs, signal, gate, onSent: onTransfer, isFinal: isWaitedOut },
      )
    await storeWait.during(send, signal)
    // All of it is the pack's, it came with it; and all of it has left, which the client knows.
    releaseBytes(new Uint8Array(bytes.buffer))
    return null
  },
  // Not cut short by a cancel, but between two tries: once asked, whether the snapshot exists is the hub's answer to give.
  'session.commit': ({ client, fence, patienceMs, signal, commitSignal, storeWait }, { sessionId, bytes, summary }) => {
    const commit = () =>
      client.call(
        'commitSession',
        { params: { sessionId }, query: { fence, ...summary }, body: bytes },
        { patienceMs, timeoutMs: bulkTimeoutMs, signal: commitSignal, isFinal: isWaitedOut },
      )
    return storeWait.during(commit, signal)
  },
  'vault.unseal': ({ link, runId, fence, patienceMs, signal }) => link.request('vault.unseal', { runId, fence }, { patienceMs, signal }),
  'vault.accept': async ({ trust }, offered) => {
    await trust.accept(offered)
    return null
  },
  'selection.use': async ({ selections, runId }, nonce) => {
    await selections.use(nonce, runId)
    return null
  },
  'run.snapshot-object': ({ client, runId, patienceMs, signal }) =>
    client.call('getSnapshotObject', { params: { runId } }, { patienceMs, signal }),
  'run.snapshot-signer': ({ client, runId, patienceMs, signal }) =>
    client.call('getSnapshotSigner', { params: { runId } }, { patienceMs, signal }),
  'run.locate': ({ client, runId, patienceMs, signal }, ask) =>
    client.call('locateBlobs', { params: { runId }, body: ask }, { patienceMs, signal }),
  'run.segments': ({ client, runId, patienceMs, signal, onTransfer }, ask) =>
    client.call('readSegments', { params: { runId }, body: ask }, { patienceMs, timeoutMs: bulkTimeoutMs, signal, onReceived: onTransfer }),
} as const satisfies Answering

export function answerHubCall(context: CallContext, name: HubCallName, ask: unknown): Promise<unknown> {
  const answer = answering[name] as (context: CallContext, ask: unknown) => Promise<unknown>
  return answer(context, ask)
}
