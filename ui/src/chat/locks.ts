/** The lock that a page holds while it receives this answer. Locks need a secure context; without, none is held. */
export function lockOf(messageId: string): string {
  return `janus.answer.${messageId}`;
}

export async function isHeld(name: string): Promise<boolean> {
  const locks = await navigator.locks?.query();
  return locks?.held?.some((lock) => lock.name === name) ?? false;
}

/** Does the work while this page holds the lock. */
export async function holding(name: string, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request(name, work);
}

/** Resolves when no page holds the lock; throws the abort's reason when `signal` fires before. */
export async function released(name: string, signal?: AbortSignal): Promise<void> {
  await navigator.locks?.request(name, { mode: "shared", ...(signal ? { signal } : {}) }, async () => {});
}
