import type { Plan } from '@holdfast/shared-types'
import { onScopeDispose, watch, type Ref, type ShallowRef } from 'vue'
import { useRoute } from 'vue-router'
import { useSignInStore } from '../sign-in/index.ts'
import { forgetDraft, keepDraft, recallDraft } from './kept-draft.ts'
import type { PlanDraft } from './plan-draft.ts'

interface Parts {
  readonly draft: PlanDraft
  readonly base: ShallowRef<Plan | null>
  readonly isChanged: Readonly<Ref<boolean>>
  readonly isSaved: Readonly<Ref<boolean>>
}

/** Keeps what is written in this tab, for a sign-in that ends meanwhile: who signs in again finds it. Left on purpose, it is dropped. */
export function useKeptDraft({ draft, base, isChanged, isSaved }: Parts): void {
  const signIn = useSignInStore()
  const place = useRoute().fullPath
  const userId = signIn.user?.id
  watch(
    [() => JSON.stringify(draft), base, isChanged],
    () => {
      // What comes after the end of the sign-in is the page being taken down.
      if (userId === undefined || !signIn.isSignedIn) return
      if (isChanged.value) keepDraft({ userId, place, plan: base.value, draft })
      else forgetDraft()
    },
    { flush: 'post' },
  )
  onScopeDispose(() => {
    if (isSaved.value || !signIn.wasLost) forgetDraft()
  })
}

/** What the person who is signed in was writing on this page; null where there is nothing. */
export function useRecalledDraft(): () => ReturnType<typeof recallDraft> {
  const signIn = useSignInStore()
  const route = useRoute()
  return () => (signIn.user === null ? null : recallDraft(signIn.user.id, route.fullPath))
}
