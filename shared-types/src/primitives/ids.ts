import { z } from 'zod'

/*
 * Branded ids: a `VaultId` cannot be passed where a `RunId` is asked. Control-plane ids are UUIDs made by the hub;
 * ids that lie in a vault (packs, snapshots, blobs) are lower-case hex of the bytes in the format.
 */

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes as lower-case hex`)

export const HubId = z.uuid().brand<'HubId'>()
export type HubId = z.infer<typeof HubId>
export const UserId = z.uuid().brand<'UserId'>()
export type UserId = z.infer<typeof UserId>
export const ApiTokenId = z.uuid().brand<'ApiTokenId'>()
export type ApiTokenId = z.infer<typeof ApiTokenId>
export const AgentId = z.uuid().brand<'AgentId'>()
export type AgentId = z.infer<typeof AgentId>
export const VaultId = z.uuid().brand<'VaultId'>()
export type VaultId = z.infer<typeof VaultId>
export const DomainId = z.uuid().brand<'DomainId'>()
export type DomainId = z.infer<typeof DomainId>
export const PlanId = z.uuid().brand<'PlanId'>()
export type PlanId = z.infer<typeof PlanId>
export const RunId = z.uuid().brand<'RunId'>()
export type RunId = z.infer<typeof RunId>
/** One backup's time at the vault (docs/glossary.md), never a sign-in. */
export const SessionId = z.uuid().brand<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>
/** One look at how large sources are; lives in the hub's memory alone. */
export const MeasurementId = z.uuid().brand<'MeasurementId'>()
export type MeasurementId = z.infer<typeof MeasurementId>
/** 16 random bytes, fresh for every build of a pack. */
export const PackId = hex(16).brand<'PackId'>()
export type PackId = z.infer<typeof PackId>
/** 16 random bytes. */
export const SnapshotId = hex(16).brand<'SnapshotId'>()
export type SnapshotId = z.infer<typeof SnapshotId>
/** HMAC-SHA-256 of type and plaintext: 32 bytes. */
export const BlobId = hex(32).brand<'BlobId'>()
export type BlobId = z.infer<typeof BlobId>
