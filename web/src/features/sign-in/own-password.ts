import { computed, ref } from 'vue'
import { useSignInStore } from './sign-in.store.ts'

/** The password of the person who is signed in, who proves once more to be that: asked for only where they have one. For `OwnPasswordField`. @param isNeeded whether it is asked for now; always unless given */
export function useOwnPassword(isNeeded: () => boolean = () => true) {
  const signIn = useSignInStore()
  const typed = ref('')
  const isAsked = computed(() => signIn.user?.hasPassword === true && isNeeded())
  return {
    typed,
    isAsked,
    isGiven: computed(() => !isAsked.value || typed.value !== ''),
    /** For a call; undefined where there is none to ask for. */
    given: computed(() => (isAsked.value ? typed.value : undefined)),
  }
}
