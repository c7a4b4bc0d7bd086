// jsdom has no database; this one is real, in memory.
import "fake-indexeddb/auto";
