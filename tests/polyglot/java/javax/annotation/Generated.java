// What the generated classes are marked with; the JDK has it under another name since Java 9.
package javax.annotation;

public @interface Generated {
    String[] value();

    String date() default "";

    String comments() default "";
}
