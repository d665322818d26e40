/** The secret key of a browser's noise: made here, kept here, and never to be read by anybody. */

import { KeyNotKept } from "./errors.js";

const DATABASE = "faceveil-device";
const STORE = "keys";
const NAME = "noise";

/**
 * A key that no script can read. It ends with the page, unless it is kept.
 *
 * @returns {Promise<CryptoKey>}
 */
export async function newKey() {
  return crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/**
 * This browser's key for the page's origin: the one that is kept, or a new one, which is kept then.
 *
 * @returns {Promise<CryptoKey>}
 * @throws {KeyNotKept} if the browser keeps nothing, as in some private windows
 */
export async function keptKey() {
  const fresh = await newKey();
  try {
    const database = await opened();
    try {
      return await keptOr(database, fresh);
    } finally {
      database.close();
    }
  } catch (error) {
    throw new KeyNotKept(
      `This browser keeps no key for the noise (${error}). Pass key: "session" for one that ends ` +
        "with the page; a picture that is read again after that gets other noise, and two answers " +
        "for it average to less.",
    );
  }
}

/** @returns {Promise<IDBDatabase>} */
async function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answer(request);
}

/**
 * @param {IDBDatabase} database
 * @param {CryptoKey} fresh
 * @returns {Promise<CryptoKey>}
 */
async function keptOr(database, fresh) {
  // Looked up and put in one transaction: of two pages that open at once, one makes the key.
  const transaction = database.transaction(STORE, "readwrite");
  const store = transaction.objectStore(STORE);
  const kept = await answer(store.get(NAME));
  if (kept) return kept;
  store.put(fresh, NAME);
  await completed(transaction);
  return fresh;
}

/**
 * A put that has succeeded is kept only once its transaction is, as where the disk is full.
 *
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function completed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
