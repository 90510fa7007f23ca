import { AppError, type Account } from '@holdfast/shared-types'
import { anAccount, day, type World } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

const own = (world: World): Account => anAccount({ ...world.user, createdAtMs: Date.now() - 40 * day, lastSeenAtMs: Date.now() })
const all = (world: World): Account[] => [own(world), ...world.otherPeople]
const link = () => ({
  signInUrl: 'https://backup.example.org/sign-in#token=H3nq7x1vY0t4mWcZk2RrJ9sLd8PaEuBfXgQ5oTiV6yA',
  expiresAtMs: Date.now() + day,
})

function requireOtherAdmin(world: World, userId: string): void {
  const admins = all(world).filter(({ role, disabledAtMs }) => role === 'admin' && disabledAtMs === null)
  if (admins.length === 1 && admins[0]?.id === userId) throw new AppError('account.last-admin')
}

function change(world: World, userId: string, changes: Partial<Account>): Account {
  const before = found(
    all(world).find(({ id }) => id === userId),
    'account.not-found',
  )
  const after = { ...before, ...changes }
  if (userId === world.user.id) world.user = { ...world.user, name: after.name, email: after.email, role: after.role }
  world.otherPeople = world.otherPeople.map((person) => (person.id === userId ? after : person))
  return after
}

export const peopleAnswers = ({ world }: AnswerParts): Answers => ({
  listUsers: () => ({ items: all(world) }),
  createUser({ body }) {
    if (all(world).some(({ email }) => email === body.email)) throw new AppError('account.email-taken')
    const user = anAccount({ ...body, hasPassword: false, createdAtMs: Date.now(), lastSeenAtMs: null })
    world.otherPeople.push(user)
    return { user, ...link() }
  },
  updateUser({ params, body }) {
    if (body.role !== undefined && body.role !== 'admin') requireOtherAdmin(world, params.userId)
    const { name, email, role } = body
    return change(world, params.userId, { ...(name && { name }), ...(email && { email }), ...(role && { role }) })
  },
  disableUser({ params }) {
    requireOtherAdmin(world, params.userId)
    return change(world, params.userId, { disabledAtMs: Date.now(), lastSeenAtMs: null })
  },
  enableUser: ({ params }) => change(world, params.userId, { disabledAtMs: null }),
  removeUser({ params }) {
    requireOtherAdmin(world, params.userId)
    world.otherPeople = world.otherPeople.filter(({ id }) => id !== params.userId)
    return {}
  },
  createSignInLink: () => link(),
  listMySignIns: () => ({ items: world.signIns }),
  endMySignIn({ params }) {
    world.signIns = world.signIns.filter(({ id }) => id !== params.signInId)
    return {}
  },
  endMyOtherSignIns() {
    const ended = world.signIns.filter(({ isCurrent }) => !isCurrent).length
    world.signIns = world.signIns.filter(({ isCurrent }) => isCurrent)
    return { ended }
  },
})
