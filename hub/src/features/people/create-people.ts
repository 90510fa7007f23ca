import { AppError } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { Feature } from '../../platform/http/define-feature.ts'
import { addSignInLink, lastSeenByUser, signInAddress } from '../auth/index.ts'
import { listUserRows, lockUser, presentAccount } from '../users/index.ts'
import { disableUser, enableUser, removeUser } from './close-user.ts'
import { createUser } from './create-user.ts'
import type { PeopleDeps } from './people-deps.ts'
import { updateUser } from './update-user.ts'

export const createPeople = (deps: PeopleDeps): Feature => ({
  name: 'people',
  routes: {
    listUsers: async ({ em }) => {
      const [users, lastSeen] = [await listUserRows(em), await lastSeenByUser(em, deps.now())]
      return { items: users.map((user) => presentAccount(user, lastSeen.get(user.id) ?? null)) }
    },
    createUser: ({ body }) => createUser(deps, body),
    updateUser: ({ params, body }) => updateUser(deps, params.userId, body),
    disableUser: ({ params }) => disableUser(deps, params.userId),
    enableUser: ({ params }) => enableUser(deps, params.userId),
    removeUser: async ({ params }) => {
      await removeUser(deps, params.userId)
      return {}
    },
    createSignInLink: ({ params: { userId } }) =>
      deps.database.transaction(async (em) => {
        const user = await lockUser(em, userId)
        if ((user.disabledAt ?? null) !== null) throw new AppError('account.disabled')
        tellAudit({ object: { kind: 'account', id: user.id, name: user.name } })
        const { token, expiresAtMs } = await addSignInLink(em, userId, deps.now())
        return { signInUrl: signInAddress(deps.origin(), token), expiresAtMs }
      }),
  },
})
