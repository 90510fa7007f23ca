import { randomUUID } from 'node:crypto'
import { AgentId } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { CommitBodies, maxSnapshotBytes } from './commit-bodies.ts'

test('a device that holds and waits for all it can get keeps no other one waiting, and leaves nothing behind', async () => {
  const bodies = new CommitBodies()
  const greedy = AgentId.parse(randomUUID())
  const { promise: stalled, resolve: end } = Promise.withResolvers<void>()
  let held = 0
  const commits = Array.from({ length: 6 }, () =>
    bodies.during(greedy, maxSnapshotBytes, () => {
      held++
      return stalled
    }),
  )
  const others = Array.from({ length: 3 }, () => bodies.during(AgentId.parse(randomUUID()), maxSnapshotBytes, async () => held))
  expect(await Promise.all(others)).toEqual([1, 1, 1])
  expect(bodies.agents).toBe(1)
  end()
  await Promise.all(commits)
  expect({ held, agents: bodies.agents }).toEqual({ held: 6, agents: 0 })
})
