import { AppError } from '@holdfast/shared-types'
import type { AnswerParts, Answers } from './answers.ts'

export const signInAnswers = ({ world, signIn }: AnswerParts): Answers => ({
  signInWithLink({ body }) {
    if (body.token !== world.linkToken) throw new AppError('sign-in.link-invalid')
    world.linkToken = null
    signIn(true)
    return world.user
  },
  signIn({ body }) {
    if (world.signInWaitSeconds !== null)
      throw new AppError('sign-in.throttled', { context: { retryAfterSeconds: world.signInWaitSeconds } })
    if (body.email !== world.user.email || body.password !== world.password) throw new AppError('sign-in.failed')
    signIn(true)
    return world.user
  },
  signOut() {
    signIn(false)
    return {}
  },
  getMe: () => world.user,
  setCredentials({ body }) {
    world.user = { ...world.user, name: body.name, email: body.email, hasPassword: true }
    world.password = body.password ?? world.password
    return world.user
  },
})
