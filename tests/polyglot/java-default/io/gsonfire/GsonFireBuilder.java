// A stand-in for gson-fire, which Debian does not have: what the generated client uses of it.
package io.gsonfire;

import com.google.gson.GsonBuilder;

public class GsonFireBuilder {
    public GsonBuilder createGsonBuilder() {
        return new GsonBuilder();
    }
}
