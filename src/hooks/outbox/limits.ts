/** Time after which a disk that took no records is tried again, in milliseconds. */
export const STORE_RETRY_MS = 5_000;
