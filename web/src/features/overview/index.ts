import { defineAsyncComponent } from 'vue'

/** Only where the console is installed, so no part of the first load. */
export const ProblemBadge = defineAsyncComponent(() => import('./ProblemBadge.vue'))
