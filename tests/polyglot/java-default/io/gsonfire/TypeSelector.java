// A stand-in for gson-fire, which Debian does not have: the generated client imports it and uses it nowhere.
package io.gsonfire;

public interface TypeSelector<T> {}
