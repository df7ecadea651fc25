// A stand-in for jackson-databind-nullable, which Debian does not have: the generated client never makes one.
package org.openapitools.jackson.nullable;

public interface JsonNullable<T> {
    boolean isPresent();

    T get();
}
