import { api } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { readRunId, readSnapshotId } from './address-ids.ts'
import { callAddress } from './call-address.ts'
import { hubCalls, type HubCall } from './hub-calls.ts'

test('parameters and query values are encoded, undefined ones left out', () => {
  expect(callAddress('/a/{id}/b', { id: 'x/y?' }, { path: '/é &', after: 0, limit: undefined })).toBe(
    '/a/x%2Fy%3F/b?path=%2F%C3%A9+%26&after=0',
  )
  expect(callAddress('/a')).toBe('/a')
})

test('every call is written as the contract has it', () => {
  for (const call of Object.keys(hubCalls) as HubCall[]) expect(hubCalls[call]).toEqual({ method: api[call].method, path: api[call].path })
})

test('what cannot be an id is none', () => {
  expect(readRunId('00000000-0000-4000-8000-00000000abcd')).not.toBeNull()
  for (const bad of ['', '1', '../x', undefined, ['a']]) expect(readRunId(bad)).toBeNull()
  expect(readSnapshotId('0123456789abcdef0123456789abcdef')).not.toBeNull()
  expect(readSnapshotId('latest')).toBeNull()
})
